// SPDX-License-Identifier: GPL-2.0-or-later
// Connections of which the agent secures both ends, made and measured.
#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <vector>

#include "bench/tcp.hpp"
#include "ktlsctl.h"

namespace ktls::bench {

using Latency = std::chrono::duration<double, std::milli>;

inline void secure(const Fd& socket, ktlsctl_role role, const char* server) {
  constexpr std::uint32_t limit_ms = 60'000;
  const ktlsctl_options options{
      sizeof options, static_cast<std::uint32_t>(role), limit_ms, server, nullptr, 0};
  check(ktlsctl_start(socket.get(), &options, nullptr) == 0, "the agent secures a connection");
}

// One after the other; how long the client took for each.
inline std::vector<Latency> secure_connections(int count) {
  TcpListener listener;
  std::thread server([&] {
    for (int i = 0; i < count; ++i)
      secure(listener.accept(), KTLSCTL_ROLE_SERVER, nullptr);
  });
  std::vector<Latency> latencies;
  for (int i = 0; i < count; ++i) {
    Fd socket = listener.connect();
    const auto begin = std::chrono::steady_clock::now();
    secure(socket, KTLSCTL_ROLE_CLIENT, "localhost");
    latencies.emplace_back(std::chrono::steady_clock::now() - begin);
    char byte = 0;
    check(ktlsctl_recv(socket.get(), &byte, 1, 0) == 0, "the server closes");
    drop(std::move(socket));
  }
  server.join();
  return latencies;
}

// The same by `pairs` clients and servers at once, `count` connections in all.
inline std::vector<Latency> secure_connections(int count, int pairs) {
  std::vector<std::vector<Latency>> parts(static_cast<std::size_t>(pairs));
  std::vector<std::thread> threads;
  threads.reserve(parts.size());
  for (auto& part : parts)
    threads.emplace_back([&part, each = count / pairs] { part = secure_connections(each); });
  std::vector<Latency> all;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    threads[i].join();
    all.insert(all.end(), parts[i].begin(), parts[i].end());
  }
  std::sort(all.begin(), all.end());
  return all;
}

// Of sorted values: what this share of them, in per cent, does not exceed.
inline double percentile(const std::vector<Latency>& sorted, std::size_t per_cent) {
  return sorted.at(std::min(sorted.size() - 1, sorted.size() * per_cent / 100)).count();
}

} // namespace ktls::bench
