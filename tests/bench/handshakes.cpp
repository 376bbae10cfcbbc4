// SPDX-License-Identifier: GPL-2.0-or-later
// bench-handshakes: many handshakes, and the CPU time that they took, in microseconds for each
// connection, both of its ends together.
//
//   bench-handshakes bare COUNT PKI        by GnuTLS, in this process; PKI is a directory
//   bench-handshakes agent COUNT PAIRS PID...   by the agent, whose processes these are
#include <fmt/format.h>
#include <unistd.h>

#include <string_view>

#include "bench/bare_gnutls.hpp"
#include "bench/processes.hpp"
#include "bench/secured.hpp"

namespace ktls::bench {
namespace {

constexpr int warm_up = 50;

class BareConnections {
public:
  explicit BareConnections(const std::string& pki)
      : client_(load_credentials(pki + "/client.pem", pki + "/client.key", pki + "/ca.pem")),
        server_(load_credentials(pki + "/server.pem", pki + "/server.key", pki + "/ca.pem")) {}

  void make(int count, bool with_tls) {
    for (int i = 0; i < count; ++i) {
      Fd client = listener_.connect();
      const Fd server = listener_.accept();
      prepare_for_tls(client);
      prepare_for_tls(server);
      if (with_tls)
        shake(client, server);
      drop(std::move(client));
    }
  }

private:
  void shake(const Fd& client, const Fd& server) {
    BareEnd there(server.get(), nullptr, server_.get(), priority_.get());
    BareEnd here(client.get(), "localhost", client_.get(), priority_.get());
    bench::shake(here, there);
  }

  TcpListener listener_;
  tls::CredentialsHandle client_;
  tls::CredentialsHandle server_;
  tls::PriorityHandle priority_ = parse_priority();
};

void bare(int count, const std::string& pki) {
  BareConnections connections(pki);
  connections.make(warm_up, true);
  const double begin = cpu_us(::getpid());
  connections.make(count, true);
  const double middle = cpu_us(::getpid());
  connections.make(count, false);
  const double end = cpu_us(::getpid());
  // connections alone are the application's affair in both cases
  fmt::print("bare {:.0f}\nbare-connecting {:.0f}\n", ((middle - begin) - (end - middle)) / count,
             (end - middle) / count);
}

void agent(int count, int pairs, const std::vector<Process>& processes) {
  (void)secure_connections(warm_up, pairs);
  std::vector<double> before;
  before.reserve(processes.size());
  for (const auto& process : processes)
    before.push_back(cpu_us(process.pid));
  const double own = cpu_us(::getpid());
  const auto begin = std::chrono::steady_clock::now();
  const auto latencies = secure_connections(count, pairs);
  const Latency elapsed = std::chrono::steady_clock::now() - begin;
  double total = 0;
  for (std::size_t i = 0; i < processes.size(); ++i) {
    const double used = (cpu_us(processes[i].pid) - before[i]) / count;
    fmt::print("{} {:.0f}\n", processes[i].name, used);
    total += used;
  }
  fmt::print("agent {:.0f}\nprograms {:.0f}\nelapsed {:.0f}\np50-ms {:.1f}\np99-ms {:.1f}\n", total,
             (cpu_us(::getpid()) - own) / count, elapsed.count() * 1e3 / count,
             percentile(latencies, 50), percentile(latencies, 99));
}

} // namespace
} // namespace ktls::bench

int main(int count, char** arguments) {
  using namespace ktls::bench;
  const std::string_view what = count > 3 ? arguments[1] : "";
  if (what == "bare")
    bare(std::stoi(arguments[2]), arguments[3]);
  else if (what == "agent")
    agent(std::stoi(arguments[2]), std::stoi(arguments[3]), processes_of(count - 4, arguments + 4));
  else
    return 2;
  return 0;
}
