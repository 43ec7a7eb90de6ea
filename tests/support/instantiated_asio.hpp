// asio's classes that answers and tests use most, declared as compiled elsewhere: instantiated.hpp
// says why.
//
// SPDX-License-Identifier: MIT
#pragma once

#include <asio.hpp>

#include <chrono>
#include <memory>

// The fourth is what asio::any_io_executor is made of.
#define WORKBOOK_INSTANTIATED_ASIO(prefix)                                                         \
    prefix template class asio::basic_socket<asio::ip::tcp>;                                       \
    prefix template class asio::basic_socket_acceptor<asio::ip::tcp>;                              \
    prefix template class asio::basic_stream_socket<asio::ip::tcp>;                                \
    prefix template class asio::execution::any_executor<                                           \
        asio::execution::context_as_t<asio::execution_context&>,                                   \
        asio::execution::blocking_t::never_t,                                                      \
        asio::execution::prefer_only<asio::execution::blocking_t::possibly_t>,                     \
        asio::execution::prefer_only<asio::execution::outstanding_work_t::tracked_t>,              \
        asio::execution::prefer_only<asio::execution::outstanding_work_t::untracked_t>,            \
        asio::execution::prefer_only<asio::execution::relationship_t::fork_t>,                     \
        asio::execution::prefer_only<asio::execution::relationship_t::continuation_t>>;            \
    prefix template class asio::basic_waitable_timer<std::chrono::steady_clock>;                   \
    prefix template class asio::io_context::basic_executor_type<std::allocator<void>, 0>;

WORKBOOK_INSTANTIATED_ASIO(extern)
