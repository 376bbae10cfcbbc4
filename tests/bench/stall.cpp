// SPDX-License-Identifier: GPL-2.0-or-later
// bench-stall: handshakes of others while COUNT peers have connected, were handed to the agent, and
// stall: before their first byte, within their ClientHello, or behind it.
//
//   bench-stall COUNT PID...   the processes of the agent
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/un.h>

#include <cstdlib>
#include <cstring>

#include "bench/bare_gnutls.hpp"
#include "bench/processes.hpp"
#include "bench/secured.hpp"
#include "ipc/channel.hpp"
#include "wire.hpp"

namespace ktls::bench {
namespace {

constexpr int measured = 400;
constexpr int pairs = 2;

std::vector<std::byte> client_hello() {
  std::vector<std::byte> bytes;
  gnutls_session_t raw = nullptr;
  succeed(gnutls_init(&raw, GNUTLS_CLIENT | GNUTLS_NONBLOCK), "there is memory");
  const tls::SessionHandle session(raw);
  const auto parsed = parse_priority();
  succeed(gnutls_priority_set(raw, parsed.get()), "a priority can be set");
  gnutls_certificate_credentials_t none = nullptr;
  succeed(gnutls_certificate_allocate_credentials(&none), "there is memory");
  const tls::CredentialsHandle credentials(none);
  succeed(gnutls_credentials_set(raw, GNUTLS_CRD_CERTIFICATE, none), "credentials can be set");
  gnutls_transport_set_ptr(raw, &bytes);
  gnutls_transport_set_push_function(
      raw, [](gnutls_transport_ptr_t to, const void* from, std::size_t size) {
        const auto* part = static_cast<const std::byte*>(from);
        static_cast<std::vector<std::byte>*>(to)->insert(
            static_cast<std::vector<std::byte>*>(to)->end(), part, part + size);
        return static_cast<ssize_t>(size);
      });
  gnutls_transport_set_pull_function(raw,
                                     [](gnutls_transport_ptr_t, void*, std::size_t) -> ssize_t {
                                       errno = EAGAIN;
                                       return -1;
                                     });
  (void)gnutls_handshake(raw);
  check(!bytes.empty(), "GnuTLS writes a ClientHello");
  return bytes;
}

// A request to the agent that nobody waits for: ktlsctl_start() would take a thread for each.
Fd request(const Fd& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string_view path = std::getenv("KTLSCTL_AGENT_SOCKET");
  check(path.size() < sizeof address.sun_path, "the path of the agent's socket fits");
  std::memcpy(address.sun_path, path.data(), path.size());
  ipc::Channel agent(Fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)));
  check(::connect(agent.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0,
        "the agent can be reached");
  auto message = wire::make<wire::StartRequest>();
  message.role = wire::Role::Server;
  message.timeout_ms = wire::max_timeout_ms;
  check(agent.send(std::as_bytes(std::span(&message, 1)), socket.get()).value_or(false),
        "the agent takes a request");
  return agent.release();
}

struct Stalled {
  Fd client;
  Fd server;
  Fd agent;
};

std::vector<Stalled> stall(int count) {
  TcpListener listener;
  const auto hello = client_hello();
  std::vector<Stalled> all;
  for (int i = 0; i < count; ++i) {
    Stalled next;
    next.client = listener.connect();
    next.server = listener.accept();
    // half of them nothing; of the others every fifth all of it
    const std::size_t size = i % 2 == 0 ? 0 : i % 10 == 9 ? hello.size() : hello.size() / 2;
    check(::send(next.client.get(), hello.data(), size, MSG_NOSIGNAL) == static_cast<ssize_t>(size),
          "a peer can send");
    next.agent = request(next.server);
    all.push_back(std::move(next));
  }
  return all;
}

// The agent ends none of them: that would be its answer.
void expect_all_stalled(const std::vector<Stalled>& all) {
  std::ptrdiff_t over = 0;
  for (const auto& one : all) {
    char byte = 0;
    over += ::recv(one.agent.get(), &byte, 1, MSG_DONTWAIT | MSG_PEEK) >= 0 ? 1 : 0;
  }
  fmt::print("stalled {}\nover {}\n", static_cast<std::ptrdiff_t>(all.size()) - over, over);
}

long total_memory_kib(const std::vector<Process>& processes) {
  long sum = 0;
  for (const auto& one : processes)
    sum += memory_kib(one.pid);
  return sum;
}

void run(int count, const std::vector<Process>& processes) {
  (void)secure_connections(measured / 4, pairs);
  const auto unloaded = secure_connections(measured, pairs);
  const long before = total_memory_kib(processes);
  const auto stalled = stall(count);
  (void)secure_connections(measured / 4, pairs); // behind all of the requests
  const long after = total_memory_kib(processes);
  const auto loaded = secure_connections(measured, pairs);
  expect_all_stalled(stalled);
  fmt::print("unloaded-p50-ms {:.1f}\nunloaded-p99-ms {:.1f}\nloaded-p50-ms {:.1f}\n"
             "loaded-p99-ms {:.1f}\nkib-each {:.1f}\n",
             percentile(unloaded, 50), percentile(unloaded, 99), percentile(loaded, 50),
             percentile(loaded, 99), static_cast<double>(after - before) / count);
}

} // namespace
} // namespace ktls::bench

int main(int count, char** arguments) {
  using namespace ktls::bench;
  if (count < 3)
    return 2;
  rlimit descriptors{};
  (void)::getrlimit(RLIMIT_NOFILE, &descriptors);
  descriptors.rlim_cur = descriptors.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &descriptors);
  run(std::stoi(arguments[1]), processes_of(count - 2, arguments + 2));
  return 0;
}
