// A function call that takes place in another process: request, reply, and what becomes of the
// reply. The request holds the function's address, which is good in every copy of this program,
// and the encoded arguments; the reply holds the encoded result, or the type and the message of the
// exception. How the bytes get across is none of this file's business.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "given/encoding.hpp"

#include <cstdint>
#include <exception>
#include <future>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace given {

/// A task's exception, as it arrives from the other process: the exception itself stays there.
class remote_error : public std::runtime_error {
public:
    remote_error(std::string type, std::string message)
        : std::runtime_error(message.empty() ? type : type + ": " + message),
          type_(std::move(type)),
          message_(std::move(message))
    {}

    /// The name of the exception's type, such as "std::runtime_error".
    const std::string& type() const noexcept { return type_; }

    /// Its what(); empty for an exception that is no std::exception.
    const std::string& message() const noexcept { return message_; }

private:
    std::string type_;
    std::string message_;
};

/// A parameter whose argument can be sent: by value, const& or &&; not T&, as a change made in
/// another process is not seen here.
template <class T>
concept sendable_parameter = sendable<std::remove_cvref_t<T>> &&
    (!std::is_lvalue_reference_v<T> || std::is_const_v<std::remove_reference_t<T>>);

template <class T>
concept sendable_result = std::is_void_v<T> || sendable<T>;

/// For the worker: runs the task in `request`, in this thread, and returns its encoded result.
/// Whatever the task throws comes out as it is. Throws encoding_error for bytes that are no
/// request.
std::string perform(std::string_view request);

/// The reply to a request whose task returned `result`, as perform() gave it.
std::string value_reply(std::string_view result);

/// The reply to a request whose task threw. To be called in the catch block: it takes type and
/// message from the exception that is being handled, of whatever type.
std::string error_reply();

/// One call, on the side of the process that asked for it. Exactly one of deliver() and fail() is
/// to be called, once, from any thread; that thread makes the caller's future ready.
class call {
public:
    explicit call(std::string request) : request_(std::move(request)) {}
    virtual ~call() = default;
    call(const call&) = delete;
    call& operator=(const call&) = delete;

    /// What to send to a worker.
    const std::string& request() const noexcept { return request_; }

    /// Passes the worker's reply on to the future: the result, or a remote_error. Bytes that are no
    /// reply arrive there as encoding_error.
    virtual void deliver(std::string_view reply) = 0;

    /// Passes an error of our own on to the future.
    virtual void fail(std::exception_ptr why) = 0;

private:
    std::string request_;
};

// --------------------------------------------------------------------------------- how it is done

/// Decodes the arguments, calls the function, encodes the result; one instance for each signature.
using performer = std::string (*)(decoder& arguments);

template <class Result, class... Parameters>
std::string perform_as(decoder& in)
{
    const auto function = reinterpret_cast<Result (*)(Parameters...)>(in.get<std::uintptr_t>());
    // Braces: the arguments are taken out from left to right.
    std::tuple<std::remove_cvref_t<Parameters>...> arguments{
        in.get<std::remove_cvref_t<Parameters>>()...};
    in.expect_end();
    encoder out;
    if constexpr (std::is_void_v<Result>) {
        std::apply(function, std::move(arguments));
    } else {
        out.put(std::apply(function, std::move(arguments)));
    }
    return out.take();
}

template <class Result, class... Parameters>
std::string encode_call(Result (*function)(Parameters...),
                        const std::remove_cvref_t<Parameters>&... arguments)
{
    encoder out;
    out.put(reinterpret_cast<std::uintptr_t>(&perform_as<Result, Parameters...>));
    out.put(reinterpret_cast<std::uintptr_t>(function));
    (out.put(arguments), ...);
    return out.take();
}

/// Checks the reply's kind and returns a decoder of the result. Throws remote_error for a task that
/// threw, encoding_error for bytes that are no reply.
decoder open_reply(std::string_view reply);

/// A call whose outcome goes to a std::future<Result>.
template <class Result>
class promised_call : public call {
public:
    using call::call;

    std::future<Result> get_future() { return promise_.get_future(); }

    void deliver(std::string_view reply) override
    {
        try {
            decoder in = open_reply(reply);
            if constexpr (std::is_void_v<Result>) {
                in.expect_end();
                promise_.set_value();
            } else {
                Result result = in.get<Result>();
                in.expect_end();
                promise_.set_value(std::move(result));
            }
        } catch (...) {
            promise_.set_exception(std::current_exception());
        }
    }

    void fail(std::exception_ptr why) override { promise_.set_exception(std::move(why)); }

private:
    std::promise<Result> promise_;
};

} // namespace given
