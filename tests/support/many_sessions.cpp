// SPDX-License-Identifier: GPL-2.0-or-later
// many-sessions PAIRS: so many connections on loopback, both ends of each secured by the agent, in
// the roles client and server; then numbers through all of them, over and over, until SIGTERM. Says
// "secured" when the first have arrived, and at the end how many rounds there were. Exit status 0:
// each number has arrived, in order.
#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "bench/secured.hpp"

namespace {

using ktls::check;
using ktls::Fd;

volatile std::sig_atomic_t stopped = 0;

struct Pair {
  Fd client;
  Fd server;
};

std::vector<Pair> secure_pairs(std::size_t count) {
  ktls::bench::TcpListener listener;
  std::vector<Pair> pairs(count);
  for (auto& pair : pairs) {
    pair.client = listener.connect();
    pair.server = listener.accept();
    std::thread server([&] { ktls::bench::secure(pair.server, KTLSCTL_ROLE_SERVER, nullptr); });
    ktls::bench::secure(pair.client, KTLSCTL_ROLE_CLIENT, "localhost");
    server.join();
  }
  return pairs;
}

void pass(const Fd& from, const Fd& to, std::uint64_t number) {
  check(::send(from.get(), &number, sizeof number, MSG_NOSIGNAL) == sizeof number,
        "a number can be sent");
  std::uint64_t got = 0;
  check(ktlsctl_recv(to.get(), &got, sizeof got, MSG_WAITALL) == sizeof got, "a number arrives");
  check(got == number, "it is the one that was sent");
}

} // namespace

int main(int count, char** arguments) {
  if (count != 2)
    return 2;
  (void)std::signal(SIGTERM, [](int) { stopped = 1; });
  const auto pairs = secure_pairs(std::strtoul(arguments[1], nullptr, 10));
  std::uint64_t round = 0;
  for (; stopped == 0; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20)); // others want the processor, too
    for (const auto& pair : pairs) {
      pass(pair.client, pair.server, round);
      pass(pair.server, pair.client, ~round);
    }
    if (round == 0)
      fmt::print("secured\n");
    std::fflush(stdout);
  }
  fmt::print("rounds {}\n", round);
}
