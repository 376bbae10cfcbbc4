// SPDX-License-Identifier: GPL-2.0-or-later
// Datagrams of the kernel: of its handshake family, of sock_diag, and about its policy.
#include <algorithm>

#include "fuzz.hpp"
#include "netlink/handshake_message.hpp"
#include "netlink/kernel_capabilities.hpp"
#include "netlink/listener_lookup.hpp"
#include "netlink/socket_diag.hpp"

namespace ktls::fuzz {
namespace {

constexpr std::uint16_t family = 28;
constexpr std::uint32_t sequence = 7;

void check_reply(const KernelDatagram& datagram, const AcceptReply& reply) {
  must(std::ranges::count(datagram.descriptors, reply.sockfd) == 1,
       "each descriptor that comes is told once");
  const auto& name = reply.parameters.peer_name;
  must(name.size() <= 255 && name.find('\0') == std::string::npos, "a peer's name is one", name);
}

void read_handshakes(Bytes bytes) {
  const auto datagram = parse_datagram(bytes, family);
  must(!datagram.messages.empty(), "a datagram has a message");
  for (const int fd : datagram.descriptors)
    must(fd >= 0, "a descriptor is one");
  for (const auto& message : datagram.messages) {
    if (const auto* reply = std::get_if<AcceptReply>(&message.content))
      check_reply(datagram, *reply);
    if (const auto* malformed = std::get_if<Malformed>(&message.content))
      must_be_clean(malformed->error.message());
    if (const auto* failed = std::get_if<Failed>(&message.content))
      must(failed->error > 0 && failed->error <= max_errno, "an error is an errno");
  }
}

// Each error is fit to be shown.
template<class T>
void must_be_diagnosed(const Result<T>& result) {
  if (!result)
    must_be_clean(result.error().message());
}

} // namespace
} // namespace ktls::fuzz

int fuzz_netlink(const std::uint8_t* data, std::size_t size) {
  using namespace ktls;
  const auto bytes = fuzz::bytes_of(data, size);
  fuzz::read_handshakes(bytes);
  fuzz::must_be_diagnosed(read_listener_answer(bytes, fuzz::sequence));
  fuzz::must_be_diagnosed(read_diag(bytes));
  PolicyDump dump;
  fuzz::must_be_diagnosed(dump.add(bytes, fuzz::sequence));
  (void)capabilities_of(dump);
  return 0;
}
