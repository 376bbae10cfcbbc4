// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/worker_pool.hpp"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>

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
      handlers_(std::move(handlers)), signers_(1), slots_(workers) {
  for (const auto& key : snapshot_.keys) {
    if (const auto own = signer_of(key); own != 0)
      signers_.emplace_back().token_key = own;
  }
}

std::uint32_t WorkerPool::signer_of(const KeySource& key) {
  return key.location.place == policy::KeyPlace::Token ? key.id : 0;
}

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
  auto message = request;
  const auto sent = start(slot, message, socket);
  if (!sent) {
    if (!is_shortage(sent.error()))
      lose_worker(worker, sent.error().message());
    else
      handlers_.on_finished(worker, busy(request.id, sent.error().message()));
    return false;
  }
  ++slot.handshakes;
  for (auto& signer : signers_) {
    if (signer.heartbeat)
      signer.heartbeat->needed();
  }
  return true;
}

Result<> WorkerPool::start(Slot& slot, ipc::StartHandshake& message, int socket) {
  constexpr std::uint64_t ns_in_ms = 1'000'000;
  const std::uint64_t expires_ns = message.sent_ns + message.timeout_ms * ns_in_ms;
  if (message.name_decides != 0)
    slot.undecided.emplace(message.id, expires_ns);
  else
    message.permit = TRY(permit(slot, message.id, message.profile, expires_ns));
  return slot.connection->send(message, socket);
}

// One signature, with a key of the handshake's profile, until its time is over.
Result<ipc::SignPermit> WorkerPool::permit(const Slot& slot, std::uint64_t handshake,
                                           std::uint32_t profile, std::uint64_t expires_ns) const {
  ipc::SignPermit permit{};
  permit.worker = slot.serial;
  permit.handshake = handshake;
  permit.expires_ns = expires_ns;
  auto next = permit.keys.begin();
  for (const auto credential : snapshot_.workers.profiles.at(profile).credentials)
    *next++ = snapshot_.workers.credentials.at(credential).key_id;
  TRY(tls::seal(permit, *permit_secret_));
  return permit;
}

void WorkerPool::choose(Index worker, ipc::ChooseProfile choice) {
  auto& slot = slots_.at(worker);
  const auto undecided = slot.undecided.extract(choice.id);
  if (slot.phase != Phase::Ready || undecided.empty())
    return; // its end comes another way
  if (choice.reason == static_cast<std::uint16_t>(Reason::Success)) {
    if (auto permit = this->permit(slot, choice.id, choice.profile, undecided.mapped()))
      choice.permit = *permit;
    else
      choice.reason = static_cast<std::uint16_t>(Reason::InternalError);
  }
  (void)slot.connection->send(choice);
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

bool WorkerPool::is_loading_keys() const {
  return std::ranges::any_of(signers_, [](const Signer& s) { return s.phase == Phase::Starting; });
}

void WorkerPool::start_all() {
  for (auto& signer : signers_)
    signer.phase = Phase::Starting; // or the last would be taken for one that has ended
  for (auto& signer : signers_)
    start_signer(signer);
}

void WorkerPool::start_signer(Signer& signer) {
  if (const auto started = try_start_signer(signer); !started)
    lose_signer(signer, started.error().message());
}

Result<> WorkerPool::try_start_signer(Signer& signer) {
  if (!permit_secret_)
    permit_secret_ = TRY(tls::make_permit_secret());
  auto [ours, theirs] = TRY(ipc::Channel::pair());
  const std::array descriptors{theirs.fd()};
  signer.started = Backoff::Clock::now();
  signer.phase = Phase::Starting;
  signer.process = TRY(Process::spawn(helpers_ + "/ktlsd-signer", descriptors));
  ipc::Connection::Handlers handlers;
  handlers.on_packet = [this, &signer](const ipc::Packet& p) { on_signer_packet(signer, p); };
  handlers.on_closed = [this, &signer] { lose_signer(signer, "it ended"); };
  signer.connection = TRY(ipc::Connection::create(loop_, std::move(ours), std::move(handlers)));
  auto configure = wire::make<ipc::SignerConfigure>();
  configure.token = signer.token_key != 0 ? 1 : 0;
  std::memcpy(configure.permit_secret.data(), permit_secret_->bytes().data(),
              configure.permit_secret.size());
  auto sent = signer.connection->send(configure);
  wipe_message(configure);
  TRY(sent);
  signer.load_limit = TRY(loop_.on_time(signer.started + load_limit, [this, &signer] {
    lose_signer(signer, "it does not load its keys");
  }));
  return ask_to_load(signer);
}

Result<> WorkerPool::ask_to_load(Signer& signer) {
  signer.keys_missing = 0;
  signer.told_why = false;
  for (const auto& key : snapshot_.keys) {
    if (signer_of(key) != signer.token_key)
      continue;
    auto message = wire::make<ipc::LoadKey>();
    message.key_id = key.id;
    if (!message.source.assign(key.location.path))
      return invalid(key.location.where + ": path is too long");
    auto sent = signer.connection->send(message);
    wipe_message(message); // there may be a PIN in it
    TRY(sent);
    ++signer.keys_missing;
  }
  if (signer.keys_missing == 0)
    on_signer_ready(signer);
  return {};
}

void WorkerPool::on_signer_ready(Signer& signer) {
  signer.phase = Phase::Ready;
  signer.load_limit.reset();
  signer.heartbeat.emplace(
      loop_, signer_heartbeat,
      [&signer] { (void)signer.connection->send(wire::make<ipc::SignerPing>()); },
      [this, &signer] { lose_signer(signer, "it does not answer"); });
  const auto ready = [](const Signer& s) { return s.phase == Phase::Ready; };
  if (keys_loaded_) {
    // the workers stay: they get a channel to the new one
    for (Index i = 0; i < slots_.size() && signer.phase == Phase::Ready; ++i) {
      if (slots_[i].phase != Phase::Down)
        connect(i, signer);
    }
  } else if (std::all_of(signers_.begin(), signers_.end(), ready)) {
    keys_loaded_ = true;
    if (handlers_.on_keys_loaded)
      handlers_.on_keys_loaded();
    if (const auto made = make_ticket_key(); !made)
      log::error("no session tickets are given: {}", made.error().message());
    for (Index i = 0; i < slots_.size(); ++i)
      start_worker(i);
  } else if (trial_ && !is_loading_keys() && handlers_.on_signer_lost) {
    handlers_.on_signer_lost(); // one that had ended before it
  }
}

void WorkerPool::on_signer_packet(Signer& signer, const ipc::Packet& packet) {
  const void* data = packet.data.data();
  const std::size_t size = packet.data.size();
  ipc::KeyLoaded loaded{};
  ipc::KeyRefused refused{};
  ipc::WorkerCutOff cut_off{};
  ipc::SignerPing ping{};
  if (signer.phase == Phase::Starting && wire::decode(data, size, loaded))
    return on_key_answer(signer, loaded.key_id, [&](const KeySource& key) {
      return key.certificate_spki == loaded.spki_sha256
                 ? std::string()
                 : "the private key does not belong to the certificate";
    });
  if (signer.phase == Phase::Starting && wire::decode(data, size, refused)) {
    return on_key_answer(signer, refused.key_id,
                         [&](const KeySource&) { return escape(refused.detail.view()); });
  }
  if (signer.phase == Phase::Ready && wire::decode(data, size, cut_off))
    return on_cut_off(cut_off);
  if (signer.phase == Phase::Ready && wire::decode(data, size, ping))
    return signer.heartbeat->answered();
  lose_signer(signer, "it sent a message that this phase does not allow");
}

// All answers are waited for, so that everything that is wrong is told at once. `flaw`: empty when
// the key can be used.
void WorkerPool::on_key_answer(Signer& signer, std::uint32_t id,
                               const std::function<std::string(const KeySource&)>& flaw) {
  const auto key = std::ranges::find_if(snapshot_.keys, [&](const KeySource& k) {
    return k.id == id && signer_of(k) == signer.token_key;
  });
  if (key == snapshot_.keys.end() || signer.keys_missing == 0)
    return lose_signer(signer, "it reported a key that it was not asked for");
  if (const auto found = flaw(*key); !found.empty()) {
    handlers_.on_unusable(
        fmt::format("{}: {}: {}", key->location.where, key->location.name(), found));
    signer.told_why = true;
  }
  if (--signer.keys_missing > 0)
    return;
  if (signer.told_why)
    lose_signer(signer, "it could not load a key");
  else
    on_signer_ready(signer);
}

// It may have ended already, or be another by now.
void WorkerPool::on_cut_off(const ipc::WorkerCutOff& message) {
  for (Index i = 0; i < slots_.size(); ++i) {
    if (slots_[i].phase != Phase::Down && slots_[i].serial == message.serial)
      return lose_worker(i, "its signer cut it off: " + escape(message.detail.view()));
  }
}

void WorkerPool::lose_signer(Signer& signer, const std::string& why) {
  signer.load_limit.reset();
  signer.heartbeat.reset();
  const auto key = std::find_if(snapshot_.keys.begin(), snapshot_.keys.end(),
                                [&](const KeySource& k) { return k.id == signer.token_key; });
  const std::string whose = key == snapshot_.keys.end() ? "" : key->location.where + ": ";
  (void)lose(signer, "ktlsd-signer", whose + why, [this, &signer] { start_signer(signer); });
  if (handlers_.on_signer_lost)
    handlers_.on_signer_lost();
}

void WorkerPool::start_worker(Index index) {
  if (!keys_loaded_ || slots_.at(index).phase != Phase::Down)
    return;
  if (const auto started = try_start_worker(index); !started)
    lose_worker(index, started.error().message());
}

Result<> WorkerPool::try_start_worker(Index index) {
  auto& slot = slots_.at(index);
  auto [ours, theirs] = TRY(ipc::Channel::pair());
  const std::array descriptors{theirs.fd()};
  slot.restart.reset();
  slot.started = Backoff::Clock::now();
  slot.phase = Phase::Starting;
  slot.told_why = false;
  slot.serial = ++last_serial_;
  slot.process = TRY(Process::spawn(helpers_ + "/ktlsd-worker", descriptors));
  ipc::Connection::Handlers handlers;
  handlers.on_packet = [this, index](ipc::Packet p) {
    on_worker_packet(index, p);
    wipe(p.data); // there may be a secret in it
  };
  handlers.on_closed = [this, index] { on_worker_ended(index); };
  slot.connection = TRY(ipc::Connection::create(loop_, std::move(ours), std::move(handlers)));
  for (auto& signer : signers_)
    TRY(try_connect(slot, signer));
  const auto memory = TRY(ipc::make_sealed_memory(ipc::encode(snapshot_.workers)));
  return slot.connection->send(wire::make<ipc::WorkerConfigure>(), memory.get());
}

void WorkerPool::connect(Index index, Signer& signer) {
  if (const auto connected = try_connect(slots_.at(index), signer); !connected)
    lose_worker(index, connected.error().message());
}

// Each end gets its half of a channel; the worker is told of a signer that does not run, too. A
// signer that takes no message is found out by those who wait for it.
Result<> WorkerPool::try_connect(Slot& slot, Signer& signer) {
  auto to_worker = wire::make<ipc::AttachSigner>();
  to_worker.key_id = signer.token_key;
  if (signer.phase != Phase::Ready)
    return slot.connection->send(to_worker);
  auto [worker_end, signer_end] = TRY(ipc::Channel::pair());
  auto to_signer = wire::make<ipc::AttachWorker>();
  to_signer.serial = slot.serial;
  (void)signer.connection->send(to_signer, signer_end.fd());
  return slot.connection->send(to_worker, worker_end.fd());
}

void WorkerPool::on_worker_packet(Index index, const ipc::Packet& packet) {
  auto& slot = slots_.at(index);
  const void* data = packet.data.data();
  const std::size_t size = packet.data.size();
  ipc::HandshakeFinished finished{};
  ipc::PskRequest psk{};
  ipc::ServerName name{};
  ipc::UserRequest user{};
  ipc::PeerCertificate certificate{};
  ipc::HandshakeStep step{};
  ipc::KeyLogEntry key{};
  ipc::WorkerReady ready{};
  ipc::WorkerRefused refused{};
  if (slot.phase == Phase::Ready && slot.handshakes > 0 && wire::decode(data, size, finished)) {
    --slot.handshakes;
    slot.undecided.erase(finished.id);
    handlers_.on_finished(index, finished);
    return wipe_message(finished); // there may be traffic secrets in it
  }
  if (slot.phase == Phase::Ready && slot.handshakes > 0 && wire::decode(data, size, psk))
    return handlers_.on_psk_request(index, psk);
  if (slot.phase == Phase::Ready && slot.handshakes > 0 && wire::decode(data, size, name))
    return handlers_.on_server_name(index, name);
  if (slot.phase == Phase::Ready && slot.handshakes > 0 && wire::decode(data, size, certificate))
    return handlers_.on_certificate(index, certificate);
  if (slot.phase == Phase::Ready && slot.handshakes > 0 && wire::decode(data, size, user))
    return handlers_.on_user_request(index, user);
  if (slot.phase == Phase::Ready && slot.handshakes > 0 && wire::decode(data, size, step))
    return handlers_.on_step(index, step);
  if (slot.phase == Phase::Ready && slot.handshakes > 0 && wire::decode(data, size, key)) {
    handlers_.on_key(index, key);
    return wipe_message(key);
  }
  if (slot.phase == Phase::Starting && wire::decode(data, size, ready)) {
    slot.phase = Phase::Ready;
    trial_ = false;
    give_ticket_key(slot);
    return handlers_.on_available();
  }
  if (slot.phase == Phase::Starting && wire::decode(data, size, refused)) {
    handlers_.on_unusable(escape(refused.detail.view()));
    slot.told_why = true;
    return lose_worker(index, "it cannot use its configuration");
  }
  lose_worker(index, "it sent a message that this phase does not allow");
}

void WorkerPool::give_psk(Index worker, const ipc::PskReply& reply) {
  if (slots_.at(worker).phase == Phase::Ready)
    (void)slots_.at(worker).connection->send(reply); // else its end comes another way
}

void WorkerPool::give_user(Index worker, const ipc::UserReply& reply) {
  if (slots_.at(worker).phase == Phase::Ready)
    (void)slots_.at(worker).connection->send(reply); // else its end comes another way
}

Result<> WorkerPool::make_ticket_key() {
  const auto& profiles = snapshot_.workers.profiles;
  const bool wanted = std::any_of(profiles.begin(), profiles.end(),
                                  [](const ipc::Profile& p) { return p.session_tickets; });
  return wanted ? renew_ticket_key() : Result<>{};
}

// One for all workers, or a client could only resume with the worker that gave it its ticket.
Result<> WorkerPool::renew_ticket_key() {
  ticket_key_ = TRY(Secret::create(sizeof(ipc::TicketKey::key)));
  auto left = ticket_key_->bytes();
  while (!left.empty()) {
    const ssize_t got = ::getrandom(left.data(), left.size(), 0);
    if (got < 0 && errno != EINTR)
      return errno_error("making a key for session tickets");
    left = left.subspan(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  }
  for (auto& slot : slots_) {
    if (slot.phase == Phase::Ready)
      give_ticket_key(slot);
  }
  ticket_timer_ = TRY(loop_.on_time(EventLoop::Clock::now() + ticket_key_life, [this] {
    if (const auto renewed = renew_ticket_key(); !renewed)
      log::error("{}", renewed.error().message()); // the old one stays in use
  }));
  return {};
}

void WorkerPool::give_ticket_key(Slot& slot) {
  if (!ticket_key_)
    return;
  auto message = wire::make<ipc::TicketKey>();
  std::ranges::copy(ticket_key_->bytes(), std::as_writable_bytes(std::span(message.key)).begin());
  (void)slot.connection->send(message); // a worker without it sends no tickets
  wipe_message(message);
}

void WorkerPool::on_worker_ended(Index index) {
  const int signal = end_worker(index, "it ended").signal;
  handlers_.on_lost(index, signal == SIGKILL || signal == SIGTERM ? Loss::Killed : Loss::Failed);
}

void WorkerPool::lose_worker(Index index, const std::string& why) {
  (void)end_worker(index, why);
  handlers_.on_lost(index, Loss::Failed);
}

Process::End WorkerPool::end_worker(Index index, const std::string& why) {
  auto& slot = slots_.at(index);
  slot.handshakes = 0;
  slot.undecided.clear();
  return lose(slot, "ktlsd-worker", why, [this, index] { start_worker(index); });
}

Process::End WorkerPool::lose(Child& child, std::string_view name, const std::string& why,
                              std::function<void()> again) {
  child.phase = Phase::Down;
  child.connection.reset();
  const pid_t pid = child.process ? child.process->pid() : 0;
  auto how = child.process ? child.process->end() : Process::End{"not started"};
  child.process.reset();
  const auto now = Backoff::Clock::now();
  if (trial_) {
    if (!child.told_why)
      log::error("{}[{}]: {} ({})", name, pid, why, how.text);
    return how;
  }
  const auto delay = child.backoff.next(now - child.started);
  log::error("{}[{}]: {} ({}); starting a new one in {} ms", name, pid, why, how.text,
             delay.count());
  auto timer = loop_.on_time(now + delay, std::move(again));
  check(timer.has_value(), "a timer can be set");
  child.restart = std::move(*timer);
  return how;
}

} // namespace ktls
