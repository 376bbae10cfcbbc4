// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker/signer_client.hpp"

#include <cstring>

#include "base/log.hpp"

namespace ktls {

Result<> SignerClient::attach(ipc::Channel channel) {
  lose();
  ipc::Connection::Handlers handlers;
  handlers.on_packet = [this](const ipc::Packet& packet) { on_packet(packet); };
  handlers.on_closed = [this] { lose(); };
  signer_ = TRY(ipc::Connection::create(loop_, std::move(channel), std::move(handlers)));
  return {};
}

Result<std::vector<std::byte>> SignerClient::sign(std::uint32_t key_id, std::uint16_t scheme,
                                                  std::span<const std::byte> data) {
  Fiber* fiber = fibers_.current();
  check(fiber != nullptr, "a signature is waited for on a fiber");
  const std::uint64_t number = ++last_number_;
  Waiting waiting{*fiber, {}};
  TRY(ask(number, key_id, scheme, data));
  const auto timer = TRY(loop_.on_time(EventLoop::Clock::now() + limit, [&waiting] {
    wake(waiting, errno_error("waiting for the signer", ETIMEDOUT));
  }));
  unanswered_[number] = &waiting;
  const auto woken = fiber->suspend();
  // an answer may still come, and is then no surprise
  if (const auto found = unanswered_.find(number); found != unanswered_.end())
    found->second = nullptr;
  if (woken == Fiber::Woken::Cancelled)
    return errno_error("waiting for the signer", ECANCELED);
  return std::move(waiting.answer);
}

Result<> SignerClient::ask(std::uint64_t number, std::uint32_t key_id, std::uint16_t scheme,
                           std::span<const std::byte> data) {
  if (data.empty() || data.size() > ipc::SignRequest::max_data)
    return invalid("content to sign has a wrong size");
  if (!signer_)
    return errno_error("the signer has ended", EPIPE);
  if (unanswered_.size() >= max_unanswered)
    return errno_error("asking the signer", EBUSY);
  auto request = wire::make<ipc::SignRequest>();
  request.number = number;
  request.key_id = key_id;
  request.scheme = scheme;
  request.size = static_cast<std::uint16_t>(data.size());
  std::memcpy(request.data.data(), data.data(), data.size());
  TRY(signer_->send(request));
  unanswered_.emplace(number, nullptr);
  return {};
}

void SignerClient::on_packet(const ipc::Packet& packet) {
  ipc::SignReply reply{};
  const bool sound =
      wire::decode(packet.data.data(), packet.data.size(), reply) && packet.descriptors.empty();
  const auto node = sound ? unanswered_.extract(reply.number) : decltype(unanswered_)::node_type();
  if (node.empty()) {
    log::warning("a signer sent what it was not asked for, and is not asked again");
    return lose();
  }
  if (node.mapped() == nullptr)
    return; // late, for a request that was given up
  if (reply.size == 0)
    return wake(*node.mapped(), errno_error("the signer refused", EACCES));
  const auto signature = std::as_bytes(std::span(reply.signature)).first(reply.size);
  wake(*node.mapped(), std::vector<std::byte>(signature.begin(), signature.end()));
}

// Those who wait are told; the next are told when they ask.
void SignerClient::lose() {
  signer_.reset();
  while (!unanswered_.empty()) {
    const auto node = unanswered_.extract(unanswered_.begin());
    if (node.mapped() != nullptr)
      wake(*node.mapped(), errno_error("the signer has ended", EPIPE));
  }
}

void SignerClient::wake(Waiting& waiting, Result<std::vector<std::byte>> answer) {
  waiting.answer = std::move(answer);
  waiting.fiber.resume();
}

} // namespace ktls
