// SPDX-License-Identifier: GPL-2.0-or-later
// greedy-worker: stands in for a ktlsd-worker that was taken over. With the permit of its first
// handshake it asks for signatures until nobody answers, and then it stays, and does nothing.
#include <poll.h>

#include <optional>

#include "ipc/channel.hpp"
#include "ipc/signer_protocol.hpp"
#include "ipc/worker_protocol.hpp"

namespace {

using ktls::ipc::Channel;

template<class Message>
void send(Channel& to, const Message& message) {
  (void)to.send(std::as_bytes(std::span(&message, 1)));
}

// Blocks; none when the other end is gone.
std::optional<ktls::ipc::Packet> receive(Channel& from) {
  pollfd readable{from.fd(), POLLIN, 0};
  (void)::poll(&readable, 1, -1);
  auto received = from.receive();
  auto* packet = received ? std::get_if<ktls::ipc::Packet>(&*received) : nullptr;
  return packet == nullptr ? std::nullopt : std::optional(std::move(*packet));
}

template<class Message>
std::optional<Message> read(const ktls::ipc::Packet& packet) {
  Message message{};
  const bool sound = ktls::wire::decode(packet.data.data(), packet.data.size(), message);
  return sound ? std::optional(message) : std::nullopt;
}

void ask_until_cut_off(Channel& signer, const ktls::ipc::SignPermit& permit) {
  auto request = ktls::wire::make<ktls::ipc::SignRequest>();
  request.key_id = permit.keys.front();
  request.scheme = 0x0403;
  request.size = 32;
  request.permit = permit;
  do
    send(signer, request);
  while (receive(signer));
}

} // namespace

int main() {
  constexpr int broker_descriptor = 3;
  Channel broker{ktls::Fd(broker_descriptor)};
  std::optional<Channel> signer;
  while (auto packet = receive(broker)) {
    if (read<ktls::ipc::AttachSigner>(*packet) && !packet->descriptors.empty())
      signer.emplace(std::move(packet->descriptors.front()));
    else if (read<ktls::ipc::WorkerConfigure>(*packet))
      send(broker, ktls::wire::make<ktls::ipc::WorkerReady>());
    else if (const auto start = read<ktls::ipc::StartHandshake>(*packet); start && signer)
      ask_until_cut_off(*signer, start->permit);
  }
}
