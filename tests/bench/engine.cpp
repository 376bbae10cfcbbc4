// SPDX-License-Identifier: GPL-2.0-or-later
// bench-engine: a mutually authenticated handshake by two tls::Session beside one by GnuTLS alone,
// over a socket pair, in this process.
#include <benchmark/benchmark.h>
#include <fcntl.h>

#include "bench/bare_gnutls.hpp"
#include "tls/parties.hpp"

namespace ktls::bench {
namespace {

constexpr const char* server_name = "server.test";

test::Options with_same_priority(test::Options options) {
  // Session's priorities come behind GnuTLS's default
  options.priority = std::string(priority).substr(std::string_view("NORMAL:").size());
  return options;
}

// What the sessions of one side share.
class Side {
public:
  explicit Side(const test::Options& options)
      : Side(options, test::configuration_of(with_same_priority(options))) {}
  std::unique_ptr<tls::Session> session(int socket) {
    tls::SessionParameters parameters;
    parameters.server_name = HostName::parse(name_);
    return tls::Session::create(socket, parameters, *context_).value();
  }

private:
  Side(const test::Options& options, const ipc::WorkerConfiguration& configuration)
      : name_(options.name), signer_(options.key),
        inventory_(test::inventory_of(configuration, signer_)),
        context_(tls::Context::create(configuration.profiles.front(), *inventory_, true).value()) {}

  std::string name_;
  test::LocalSigner signer_;
  std::unique_ptr<tls::Inventory> inventory_;
  std::unique_ptr<tls::Context> context_;
};

class End {
public:
  End(Side& side, int socket) : session_(side.session(socket)) {}
  bool advance() {
    if (complete_)
      return true;
    const auto step = session_->advance();
    check(step != tls::Session::Step::Failed, "the handshake succeeds");
    return complete_ = step == tls::Session::Step::Complete;
  }

private:
  std::unique_ptr<tls::Session> session_;
  bool complete_ = false;
};

test::Pair sockets() {
  auto pair = test::unix_pair();
  (void)::fcntl(pair.ours.get(), F_SETFL, O_NONBLOCK);
  (void)::fcntl(pair.peers.get(), F_SETFL, O_NONBLOCK);
  return pair;
}

void sessions(benchmark::State& state) {
  Side client(test::client("client"));
  Side server(test::asking_server());
  for ([[maybe_unused]] auto _ : state) {
    const auto pair = sockets();
    End there(server, pair.peers.get());
    End here(client, pair.ours.get());
    shake(here, there);
  }
}
BENCHMARK(sessions);

void bare(benchmark::State& state) {
  const auto credentials = [](const char* certificate) {
    return load_credentials(test::data_path(std::string(certificate) + ".pem"),
                            test::data_path("leaf.key"), test::data_path("ca.pem"));
  };
  const auto client = credentials("client");
  const auto server = credentials("server");
  const auto parsed = parse_priority();
  for ([[maybe_unused]] auto _ : state) {
    const auto pair = sockets();
    BareEnd there(pair.peers.get(), nullptr, server.get(), parsed.get());
    BareEnd here(pair.ours.get(), server_name, client.get(), parsed.get());
    shake(here, there);
  }
}
BENCHMARK(bare);

} // namespace
} // namespace ktls::bench
