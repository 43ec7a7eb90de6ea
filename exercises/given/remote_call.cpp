// SPDX-License-Identifier: MIT
#include "given/remote_call.hpp"

#include <cstdlib>
#include <memory>
#include <typeinfo>

#include <cxxabi.h>

namespace given {
namespace {

enum class reply_kind : char { value = 'v', error = 'e' };

std::string readable(const char* mangled)
{
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> name(
        abi::__cxa_demangle(mangled, nullptr, nullptr, &status), &std::free);
    return name ? name.get() : mangled;
}

std::string message_of_current_exception()
{
    try {
        throw;
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return ""; // 42 can be thrown, too; it has no message
    }
}

} // namespace

std::string perform(std::string_view request)
{
    decoder in(request);
    const auto run = reinterpret_cast<performer>(in.get<std::uintptr_t>());
    return run(in);
}

std::string value_reply(std::string_view result)
{
    std::string reply(1, static_cast<char>(reply_kind::value));
    return reply.append(result);
}

std::string error_reply()
{
    const std::type_info* type = abi::__cxa_current_exception_type();
    encoder out;
    out.put(reply_kind::error);
    out.put(type ? readable(type->name()) : std::string("unknown"));
    out.put(message_of_current_exception());
    return out.take();
}

decoder open_reply(std::string_view reply)
{
    decoder in(reply);
    switch (in.get<reply_kind>()) {
    case reply_kind::value:
        return in;
    case reply_kind::error: {
        auto type = in.get<std::string>();
        auto message = in.get<std::string>();
        throw remote_error(std::move(type), std::move(message));
    }
    }
    throw encoding_error("neither a result nor an error");
}

} // namespace given
