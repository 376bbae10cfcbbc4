// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker/signer_client.hpp"

#include <poll.h>

#include <cstring>

#include "ipc/signer_protocol.hpp"

namespace ktls {

using std::chrono::steady_clock;

Result<std::vector<std::byte>> SignerClient::sign(std::uint32_t key_id, std::uint16_t scheme,
                                                  std::span<const std::byte> data) {
  auto request = wire::make<ipc::SignRequest>();
  if (data.empty() || data.size() > ipc::SignRequest::max_data)
    return invalid("content to sign has a wrong size");
  request.number = ++last_number_;
  request.key_id = key_id;
  request.scheme = scheme;
  request.size = static_cast<std::uint16_t>(data.size());
  std::memcpy(request.data.data(), data.data(), data.size());
  // at most one request is ever under way, so the queue cannot be full
  if (!TRY(channel_.send(std::as_bytes(std::span(&request, 1)))))
    return errno_error("asking the signer", EAGAIN);
  return await(request.number);
}

Result<std::vector<std::byte>> SignerClient::await(std::uint64_t number) {
  const auto deadline = steady_clock::now() + limit;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady_clock::now());
    if (left.count() <= 0)
      return errno_error("waiting for the signer", ETIMEDOUT);
    pollfd wait{channel_.fd(), POLLIN, 0};
    if (::poll(&wait, 1, static_cast<int>(left.count())) < 0 && errno != EINTR)
      return errno_error("waiting for the signer");
    auto received = TRY(channel_.receive());
    if (std::holds_alternative<ipc::Closed>(received))
      return errno_error("the signer has ended", EPIPE);
    const auto* packet = std::get_if<ipc::Packet>(&received);
    if (packet == nullptr)
      continue;
    ipc::SignReply reply{};
    if (!wire::decode(packet->data.data(), packet->data.size(), reply))
      return invalid("the signer sent a malformed reply");
    if (reply.number != number)
      continue; // late, for a request that was given up
    if (reply.size == 0)
      return errno_error("the signer refused", EACCES);
    const auto signature = std::as_bytes(std::span(reply.signature)).first(reply.size);
    return std::vector<std::byte>(signature.begin(), signature.end());
  }
}

} // namespace ktls
