// SPDX-License-Identifier: GPL-2.0-or-later
// The messages between processes, and of agent.sock: what is taken is what was sent, and its text
// is text.
#include "broker/application_intake.hpp"
#include "fuzz.hpp"
#include "ipc/signer_protocol.hpp"
#include "ipc/worker_protocol.hpp"

namespace ktls::fuzz {
namespace {

// The input is what is behind the header, cut or filled up with zeros.
template<class Message>
void decode_as(Bytes input) {
  auto sent = wire::make<Message>();
  const auto all = std::as_writable_bytes(std::span(&sent, 1));
  const auto body = all.subspan(sizeof sent.header);
  std::copy_n(input.begin(), std::min(input.size(), body.size()), body.begin());
  Message received;
  if (!wire::decode(&sent, sizeof sent, received))
    return;
  must(std::memcmp(&sent, &received, sizeof sent) == 0, "what is taken is what was sent");
  must(!wire::decode(&sent, sizeof sent - 1, received), "no byte may be missing");
}
template<class... Messages>
void decode_as_each(Bytes input) {
  (decode_as<Messages>(input), ...);
}

void judge(Bytes input) {
  ipc::Packet packet;
  packet.data.assign(input.begin(), input.end());
  auto request = wire::make<wire::StartRequest>();
  must(judge_request(packet, request) != Reason::Success, "a request has a socket");
  must(request.peer_name.valid(), "what is refused leaves no text that is none");
}

} // namespace
} // namespace ktls::fuzz

int fuzz_messages(const std::uint8_t* data, std::size_t size) {
  using namespace ktls;
  const auto input = fuzz::bytes_of(data, size);
  fuzz::decode_as_each<wire::StartRequest, wire::StartReply, wire::PeerCertificate,
                       wire::ReloadRequest, wire::ReloadProblem, wire::ReloadReply,
                       wire::RevalidateRequest, wire::RevalidateReply, wire::RekeyRequest,
                       wire::ControlRequest, wire::Order>(input);
  fuzz::decode_as_each<ipc::WorkerConfigure, ipc::WorkerReady, ipc::WorkerRefused,
                       ipc::AttachSigner, ipc::StartHandshake, ipc::ServerName, ipc::ChooseProfile,
                       ipc::UserRequest, ipc::UserReply, ipc::CancelHandshake, ipc::PskRequest,
                       ipc::PskReply, ipc::TicketKey, ipc::HandshakeFinished>(input);
  fuzz::decode_as_each<ipc::SignerConfigure, ipc::LoadKey, ipc::KeyLoaded, ipc::KeyRefused,
                       ipc::AttachWorker, ipc::WorkerCutOff, ipc::SignerPing, ipc::SignRequest,
                       ipc::SignReply>(input);
  fuzz::judge(input);
  return 0;
}
