// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker/signer_client.hpp"

#include <cstring>

#include "base/log.hpp"

namespace ktls {

Result<bool> SignerClient::attach(std::uint32_t key_id, std::optional<ipc::Channel> channel) {
  if (!signers_.contains(key_id) && signers_.size() >= ipc::max_signers)
    return false;
  auto& signer = signers_[key_id];
  lose(signer);
  if (!channel)
    return true;
  ipc::Connection::Handlers handlers;
  handlers.on_packet = [this, &signer](const ipc::Packet& packet) { on_packet(signer, packet); };
  handlers.on_closed = [&signer] { lose(signer); };
  signer.connection = TRY(ipc::Connection::create(loop_, std::move(*channel), std::move(handlers)));
  wake_all(signer.absent, {});
  return true;
}

SignerClient::Signer* SignerClient::signer_of(std::uint32_t key_id) {
  auto found = signers_.find(key_id);
  if (found == signers_.end())
    found = signers_.find(0);
  return found == signers_.end() ? nullptr : &found->second;
}

Result<std::vector<std::byte>> SignerClient::sign(std::uint32_t key_id, std::uint16_t scheme,
                                                  std::span<const std::byte> data) {
  const auto permit = permits_.extract(fibers_.current());
  if (data.empty() || data.size() > ipc::SignRequest::max_data || permit.empty())
    return invalid("this cannot be signed");
  auto request = wire::make<ipc::SignRequest>();
  request.number = ++last_number_;
  request.key_id = key_id;
  request.scheme = scheme;
  request.size = static_cast<std::uint16_t>(data.size());
  request.permit = permit.mapped();
  std::memcpy(request.data.data(), data.data(), data.size());

  auto* signer = signer_of(key_id);
  if (signer == nullptr)
    return errno_error("asking the signer", ENXIO);
  if (!signer->connection) {
    auto waited = wait_for_start(*signer, request.number);
    signer->absent.erase(request.number);
    TRY(waited);
  }
  TRY(ask(*signer, request));
  return wait(signer->unanswered, request.number);
}

Result<> SignerClient::ask(Signer& signer, const ipc::SignRequest& request) {
  if (!signer.connection)
    return errno_error("the signer has ended", EPIPE);
  if (signer.unanswered.size() >= max_unanswered)
    return errno_error("asking the signer", EBUSY);
  return signer.connection->send(request);
}

SignerClient::Answer SignerClient::wait_for_start(Signer& signer, std::uint64_t number) {
  const auto timer = TRY(loop_.on_time(loop_.now() + absence, [&signer, number] {
    if (const auto found = signer.absent.find(number);
        found != signer.absent.end() && found->second != nullptr)
      wake(*found->second, errno_error("waiting for the signer", ETIMEDOUT));
  }));
  return wait(signer.absent, number);
}

SignerClient::Answer SignerClient::wait(Numbered& among, std::uint64_t number) {
  Waiting waiting{*fibers_.current(), {}};
  among[number] = &waiting;
  const auto woken = waiting.fiber.suspend();
  // an answer may still come, and is then no surprise
  if (const auto found = among.find(number); found != among.end())
    found->second = nullptr;
  if (woken == Fiber::Woken::Cancelled)
    return errno_error("waiting for the signer", ECANCELED);
  return std::move(waiting.answer);
}

void SignerClient::on_packet(Signer& signer, const ipc::Packet& packet) {
  ipc::SignReply reply{};
  const bool sound =
      wire::decode(packet.data.data(), packet.data.size(), reply) && packet.descriptors.empty();
  const auto node = sound ? signer.unanswered.extract(reply.number) : Numbered::node_type();
  if (node.empty()) {
    log::warning("a signer sent what it was not asked for, and is not asked again");
    return lose(signer);
  }
  if (node.mapped() == nullptr)
    return; // late, for a request that was given up
  if (reply.size == 0)
    return wake(*node.mapped(), errno_error("the signer refused", EACCES));
  const auto signature = std::as_bytes(std::span(reply.signature)).first(reply.size);
  wake(*node.mapped(), std::vector<std::byte>(signature.begin(), signature.end()));
}

// Those who wait are told; the next wait for it to be started again.
void SignerClient::lose(Signer& signer) {
  signer.connection.reset();
  wake_all(signer.unanswered, errno_error("the signer has ended", EPIPE));
}

// Each goes on before the next is looked for: it may change what is waited for.
void SignerClient::wake_all(Numbered& waiting, const Answer& answer) {
  while (!waiting.empty()) {
    const auto node = waiting.extract(waiting.begin());
    if (node.mapped() != nullptr)
      wake(*node.mapped(), answer);
  }
}

void SignerClient::wake(Waiting& waiting, Answer answer) {
  waiting.answer = std::move(answer);
  waiting.fiber.resume();
}

} // namespace ktls
