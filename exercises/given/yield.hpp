// green::yield, asio's third way to be told of a completion, beside handlers and coroutines:
//
//     std::size_t n = socket.async_read_some(buffer, green::yield);
//
// looks like a blocking call. The operation is started with a completion handler that wakes the
// caller, and the caller waits: other greenlets run until the handler is called. It is built on
// three functions of ex11's: prepare_wait(), wait() and wake(). One thread; the handler runs on it,
// because it names the thread's io_context as its executor, wherever the operation was run.
//
// SPDX-License-Identifier: MIT
#pragma once

#include "greenlet.hpp"

#include <asio/async_result.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/io_context.hpp>

#include <exception>
#include <optional>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>

namespace green {

/// A completion token. Any asio operation given it suspends the calling greenlet (or main) until
/// it has completed, and returns its result: nothing, one value, or a tuple of several. A failure
/// is thrown, as std::system_error. If the greenlet is killed meanwhile, the operation is cancelled
/// and waited for before the wait throws, so that its buffers may lie on the greenlet's stack.
class yield_token {
public:
    constexpr yield_token() = default;

    /// The same, but a failure is stored in `error` instead of thrown; success clears it.
    yield_token operator[](std::error_code& error) const
    {
        yield_token storing;
        storing.error_ = &error;
        return storing;
    }

    /// What to do with an operation's error: store or throw it.
    void report(std::error_code error) const
    {
        if (error_) {
            *error_ = error;
        } else if (error) {
            throw std::system_error(error);
        }
    }

    /// An operation of another kind, such as a coroutine's end: always thrown.
    void report(const std::exception_ptr& error) const
    {
        if (error) {
            std::rethrow_exception(error);
        }
    }

private:
    std::error_code* error_ = nullptr;
};

inline constexpr yield_token yield;

/// One operation, from start to completion; lies on the stack of the greenlet that waits for it.
template <class... Results>
class pending_operation {
public:
    /// What asio calls on completion, on the thread of the greenlet.
    class handler {
    public:
        using executor_type = asio::io_context::executor_type;
        using cancellation_slot_type = asio::cancellation_slot;

        explicit handler(pending_operation& operation)
            : operation_(&operation), executor_(green::loop().get_executor())
        {}

        executor_type get_executor() const noexcept { return executor_; }

        cancellation_slot_type get_cancellation_slot() const noexcept
        {
            return operation_->cancel_.slot();
        }

        template <class... Arguments>
        void operator()(Arguments&&... results) const
        {
            operation_->results_.emplace(std::forward<Arguments>(results)...);
            green::wake(operation_->turn_);
        }

    private:
        pending_operation* operation_;
        executor_type executor_;
    };

    /// Returns the results once the handler has been called; never earlier, even by an exception,
    /// because until then asio refers to this object and to the caller's buffers.
    std::tuple<Results...> wait()
    {
        try {
            green::wait(turn_);
        } catch (...) {
            cancel_.emit(asio::cancellation_type::all);
            while (!results_) {
                turn_ = green::prepare_wait();
                green::wait(turn_);
            }
            throw;
        }
        return std::move(*results_);
    }

private:
    green::ticket turn_ = green::prepare_wait();
    asio::cancellation_signal cancel_;
    std::optional<std::tuple<Results...>> results_; // empty until the handler has been called
};

/// Takes the error off the results, if they begin with one, and returns what is left.
template <class First, class... Rest>
auto without_error(yield_token token, std::tuple<First, Rest...>&& results)
{
    if constexpr (std::is_same_v<First, std::error_code> ||
                  std::is_same_v<First, std::exception_ptr>) {
        token.report(std::get<0>(results));
        return std::apply(
            [](auto&&, auto&&... rest) { return std::tuple<Rest...>(std::move(rest)...); },
            std::move(results));
    } else {
        return std::move(results);
    }
}

inline std::tuple<> without_error(yield_token, std::tuple<>&&)
{
    return {};
}

/// What a wait returns: an operation's results without its error; one by itself, none as void.
template <class... Results>
struct returned {
    using type = std::tuple<Results...>;
};
template <>
struct returned<> {
    using type = void;
};
template <class Only>
struct returned<Only> {
    using type = Only;
};
template <class... Rest>
struct returned<std::error_code, Rest...> : returned<Rest...> {};
template <class... Rest>
struct returned<std::exception_ptr, Rest...> : returned<Rest...> {};
template <>
struct returned<std::error_code> : returned<> {};
template <>
struct returned<std::exception_ptr> : returned<> {};

} // namespace green

namespace asio {

/// How asio learns what green::yield means, for every signature that an operation may have.
template <class Result, class... Arguments>
class async_result<green::yield_token, Result(Arguments...)> {
public:
    // Not `auto`: to choose between an operation's overloads asio asks for the return type alone,
    // and the body need not compile for those that it does not choose.
    using return_type = typename green::returned<std::decay_t<Arguments>...>::type;

    template <class Initiation, class... Parameters>
    static return_type initiate(Initiation&& initiation, green::yield_token token,
                                Parameters&&... parameters)
    {
        using operation = green::pending_operation<std::decay_t<Arguments>...>;
        operation pending;
        std::forward<Initiation>(initiation)(typename operation::handler(pending),
                                             std::forward<Parameters>(parameters)...);
        auto results = green::without_error(token, pending.wait());
        constexpr auto count = std::tuple_size_v<decltype(results)>;
        if constexpr (count == 1) {
            return std::get<0>(std::move(results));
        } else if constexpr (count > 1) {
            return results;
        }
    }
};

} // namespace asio
