// SPDX-License-Identifier: GPL-2.0-or-later
// What is asked of the agent over its socket.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "wire.hpp"

namespace CLI {
class App;
}

namespace ktls::command {

inline constexpr std::string_view who_may = "only root and the user that ktlsd runs as may do this";

// --socket, with its default.
std::shared_ptr<std::string> add_socket_option(CLI::App& command);

// Connects and sends the request.
Result<Fd> ask_agent(const std::string& path, std::span<const std::byte> request);
template<class Request>
Result<Fd> ask_agent(const std::string& path, const Request& request) {
  return ask_agent(path, std::as_bytes(std::span(&request, 1)));
}

// The next message, however long it takes: who has had enough presses ^C. Empty at the end.
Result<std::span<const std::byte>> receive_from_agent(const Fd& agent, std::span<std::byte> room);

} // namespace ktls::command
