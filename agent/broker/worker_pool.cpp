// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/worker_pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/log.hpp"
#include "base/text.hpp"
#include "ipc/sealed_memory.hpp"

namespace ktls {
namespace {

// Of descriptors, or of room for messages: this handshake cannot be passed on, and nothing is wrong
// with the worker.
bool is_shortage(const Error& error) {
  for (const int number : {EMFILE, ENFILE, ENOMEM, ENOBUFS, ETOOMANYREFS}) {
    if (error.code == std::error_code(number, std::generic_category()))
      return true;
  }
  return false;
}

// What a worker would say of a handshake that it could not take.
ipc::HandshakeFinished busy(std::uint64_t id, const std::string& detail) {
  auto message = wire::make<ipc::HandshakeFinished>();
  message.id = id;
  message.reason = static_cast<std::uint16_t>(Reason::Busy);
  message.detail.assign_cut(escape(detail, 500));
  return message;
}

} // namespace

WorkerPool::WorkerPool(EventLoop& loop, std::string helpers, const Snapshot& snapshot,
                       unsigned workers, Handlers handlers)
    : loop_(loop), helpers_(std::move(helpers)), snapshot_(snapshot),
      handlers_(std::move(handlers)), slots_(workers) {}

std::optional<Workers::Index> WorkerPool::pick() const {
  std::optional<Index> best;
  for (Index i = 0; i < slots_.size(); ++i) {
    if (slots_[i].phase == Phase::Ready &&
        (!best || slots_[i].handshakes < slots_[*best].handshakes))
      best = i;
  }
  return best;
}

bool WorkerPool::start(Index worker, const ipc::StartHandshake& request, int socket) {
  auto& slot = slots_.at(worker);
  if (const auto sent = slot.connection->send(request, socket); !sent) {
    if (!is_shortage(sent.error()))
      lose_worker(worker, sent.error().message());
    else
      handlers_.on_finished(worker, busy(request.id, sent.error().message()));
    return false;
  }
  ++slot.handshakes;
  return true;
}

void WorkerPool::cancel(Index worker, std::uint64_t id) {
  auto message = wire::make<ipc::CancelHandshake>();
  message.id = id;
  if (slots_.at(worker).phase == Phase::Ready)
    (void)slots_.at(worker).connection->send(message); // else its end comes another way
}

void WorkerPool::replace(Index worker) {
  lose_worker(worker, "it does not answer");
}

void WorkerPool::start_signer() {
  if (const auto started = try_start_signer(); !started)
    lose_signer(started.error().message());
}

Result<> WorkerPool::try_start_signer() {
  auto [ours, theirs] = TRY(ipc::Channel::pair());
  const std::array descriptors{theirs.fd()};
  signer_.started = Backoff::Clock::now();
  signer_.phase = Phase::Starting;
  signer_.process = TRY(Process::spawn(helpers_ + "/ktlsd-signer", descriptors));
  ipc::Connection::Handlers handlers;
  handlers.on_packet = [this](const ipc::Packet& packet) { on_signer_packet(packet); };
  handlers.on_closed = [this] { lose_signer("it ended"); };
  signer_.connection = TRY(ipc::Connection::create(loop_, std::move(ours), std::move(handlers)));
  keys_missing_ = snapshot_.keys.size();
  for (const auto& key : snapshot_.keys) {
    auto message = wire::make<ipc::LoadKey>();
    message.key_id = key.id;
    if (!message.path.assign(key.path.path))
      return invalid(key.path.where + ": path is too long");
    TRY(signer_.connection->send(message));
  }
  if (snapshot_.keys.empty())
    on_all_keys_loaded();
  return {};
}

void WorkerPool::on_all_keys_loaded() {
  signer_.phase = Phase::Ready;
  if (handlers_.on_keys_loaded)
    handlers_.on_keys_loaded();
  for (Index i = 0; i < slots_.size(); ++i)
    start_worker(i);
}

void WorkerPool::on_signer_packet(const ipc::Packet& packet) {
  ipc::KeyLoaded loaded{};
  ipc::KeyRefused refused{};
  if (signer_.phase == Phase::Starting &&
      wire::decode(packet.data.data(), packet.data.size(), loaded))
    return on_key_loaded(loaded);
  if (signer_.phase == Phase::Starting &&
      wire::decode(packet.data.data(), packet.data.size(), refused)) {
    for (const auto& key : snapshot_.keys) {
      if (key.id == refused.key_id)
        handlers_.on_unusable(fmt::format("{}: {}: {}", key.path.where, key.path.path,
                                          escape(refused.detail.view())));
    }
    return lose_signer("it could not load a key");
  }
  lose_signer("it sent a message that this phase does not allow");
}

void WorkerPool::on_key_loaded(const ipc::KeyLoaded& message) {
  const auto key = std::find_if(snapshot_.keys.begin(), snapshot_.keys.end(),
                                [&](const KeySource& k) { return k.id == message.key_id; });
  if (key == snapshot_.keys.end())
    return lose_signer("it reported a key that it was not asked for");
  if (key->certificate_spki != message.spki_sha256) {
    handlers_.on_unusable(fmt::format("{}: {}: the private key does not belong to the certificate",
                                      key->path.where, key->path.path));
    return lose_signer("a key does not match");
  }
  if (--keys_missing_ == 0)
    on_all_keys_loaded();
}

void WorkerPool::lose_signer(const std::string& why) {
  lose(signer_, "ktlsd-signer", why, [this] { start_signer(); });
  if (handlers_.on_signer_lost)
    handlers_.on_signer_lost();
  for (Index i = 0; i < slots_.size(); ++i) {
    if (slots_[i].phase != Phase::Down)
      lose_worker(i, "its signer ended");
  }
}

void WorkerPool::start_worker(Index index) {
  if (signer_.phase != Phase::Ready || slots_.at(index).phase != Phase::Down)
    return; // a signer that becomes ready starts all that are down
  if (const auto started = try_start_worker(index); !started)
    lose_worker(index, started.error().message());
}

Result<> WorkerPool::try_start_worker(Index index) {
  auto& slot = slots_.at(index);
  auto [ours, theirs] = TRY(ipc::Channel::pair());
  auto [worker_end, signer_end] = TRY(ipc::Channel::pair());
  const std::array descriptors{theirs.fd(), worker_end.fd()};
  slot.restart.reset();
  slot.started = Backoff::Clock::now();
  slot.phase = Phase::Starting;
  slot.process = TRY(Process::spawn(helpers_ + "/ktlsd-worker", descriptors));
  ipc::Connection::Handlers handlers;
  handlers.on_packet = [this, index](const ipc::Packet& p) { on_worker_packet(index, p); };
  handlers.on_closed = [this, index] { lose_worker(index, "it ended"); };
  slot.connection = TRY(ipc::Connection::create(loop_, std::move(ours), std::move(handlers)));
  TRY(signer_.connection->send(wire::make<ipc::AttachWorker>(), signer_end.fd()));
  const auto memory = TRY(ipc::make_sealed_memory(ipc::encode(snapshot_.workers)));
  return slot.connection->send(wire::make<ipc::WorkerConfigure>(), memory.get());
}

void WorkerPool::on_worker_packet(Index index, const ipc::Packet& packet) {
  auto& slot = slots_.at(index);
  const void* data = packet.data.data();
  const std::size_t size = packet.data.size();
  ipc::HandshakeFinished finished{};
  ipc::WorkerReady ready{};
  ipc::WorkerRefused refused{};
  if (slot.phase == Phase::Ready && slot.handshakes > 0 && wire::decode(data, size, finished)) {
    --slot.handshakes;
    return handlers_.on_finished(index, finished);
  }
  if (slot.phase == Phase::Starting && wire::decode(data, size, ready)) {
    slot.phase = Phase::Ready;
    return handlers_.on_available();
  }
  if (slot.phase == Phase::Starting && wire::decode(data, size, refused)) {
    handlers_.on_unusable(escape(refused.detail.view()));
    return lose_worker(index, "it cannot use its configuration");
  }
  lose_worker(index, "it sent a message that this phase does not allow");
}

void WorkerPool::lose_worker(Index index, const std::string& why) {
  auto& slot = slots_.at(index);
  slot.handshakes = 0;
  lose(slot, "ktlsd-worker", why, [this, index] { start_worker(index); });
  handlers_.on_lost(index);
}

void WorkerPool::lose(Child& child, std::string_view name, const std::string& why,
                      std::function<void()> again) {
  child.phase = Phase::Down;
  child.connection.reset();
  const pid_t pid = child.process ? child.process->pid() : 0;
  const std::string how = child.process ? child.process->end() : "not started";
  child.process.reset();
  const auto now = Backoff::Clock::now();
  if (slots_.empty()) {
    log::error("{}[{}]: {} ({})", name, pid, why, how);
    return;
  }
  const auto delay = child.backoff.next(now - child.started);
  log::error("{}[{}]: {} ({}); starting a new one in {} ms", name, pid, why, how, delay.count());
  auto timer = loop_.on_time(now + delay, std::move(again));
  check(timer.has_value(), "a timer can be set");
  child.restart = std::move(*timer);
}

} // namespace ktls
