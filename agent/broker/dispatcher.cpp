// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/dispatcher.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>

#include <vector>

#include "base/host_name.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "broker/prompt_close.hpp"
#include "broker/remote_network.hpp"
#include "broker/socket_address.hpp"
#include "ktls/clear_end.hpp"
#include "ktls/socket_check.hpp"

namespace ktls {
namespace {

std::string name_peer(const Outcome& outcome) {
  if (!outcome.peer_subject.empty())
    return "\"" + outcome.peer_subject + "\"";
  if (!outcome.psk_identity.empty())
    return "with the pre-shared key \"" + outcome.psk_identity + "\"";
  return "without certificate";
}

std::chrono::milliseconds left_until(EventLoop::Clock::time_point deadline,
                                     EventLoop::Clock::time_point now) {
  const auto left = deadline - now;
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(left), std::chrono::milliseconds(1));
}

} // namespace

Dispatcher::Id Dispatcher::submit(HandshakeRequest request) {
  const Id id = ++last_id_;
  const auto addresses = addresses_of(request.socket.get());
  std::string description = request.origin + " " + describe(addresses);
  if (const Outcome examined = examine(request); examined.reason != Reason::Success) {
    refuse(request, description, examined);
    return id;
  }
  const auto remote = RemoteNetwork::of(addresses.remote);
  if (remote && suspects_.are_refused(*remote, loop_.now())) {
    refuse(request, description,
           failure(Reason::Busy, fmt::format("handshake processes kept ending with handshakes of "
                                             "{}, which is refused for {} s",
                                             remote->text(), Suspects::memory.count())));
    return id;
  }
  auto place = admission_.admit({request.uid, remote});
  if (!place) {
    refuse(request, description, failure(Reason::Busy, place.error()));
    return id;
  }
  const auto deadline = loop_.now() + request.timeout;
  auto watchdog = loop_.on_time(deadline, [this, id] { on_deadline(id); });
  if (!watchdog) {
    refuse(request, description, failure(Reason::InternalError, watchdog.error().message()));
    return id;
  }
  handshakes_.emplace(id, InFlight{std::move(request), std::move(*place), remote,
                                   std::move(description), std::nullopt, deadline,
                                   std::move(*watchdog)});
  waiting_.insert(id);
  fill();
  return id;
}

const std::optional<ProfileChoice>&
Dispatcher::choose_profile(const HandshakeRequest& request) const {
  const bool client = request.role == RequestedRole::Client;
  if (!request.from_kernel)
    return client ? profiles_.client : profiles_.server;
  if (request.psk)
    return client ? profiles_.kernel_psk_client : profiles_.kernel_psk_server;
  return client ? profiles_.kernel_client : profiles_.kernel_server;
}

bool Dispatcher::uses_psk(const HandshakeRequest& request) const {
  const auto& profile = choose_profile(request);
  return request.psk || (profile && profile->psk_file);
}

// The cheap questions, before a worker is bothered. Success: nothing is against it.
Outcome Dispatcher::examine(const HandshakeRequest& request) const {
  // the kernel gives its own sockets only; one that is not connected any more, the worker finds
  const auto fit = request.from_kernel ? Reason::Success : classify_socket(request.socket.get());
  if (fit != Reason::Success)
    return failure(fit);
  const bool client = request.role == RequestedRole::Client;
  if (!choose_profile(request))
    return failure(Reason::NoPolicy);
  // with a pre-shared key there is no certificate that could name another
  const bool name_counts = client && !uses_psk(request);
  if (name_counts && request.peer_name.empty())
    return failure(Reason::PeerNameMissing);
  if (name_counts && !HostName::parse(request.peer_name))
    return failure(Reason::PeerNameInvalid);
  if (!has_place() && waiting_.size() >= limits_.queued)
    return failure(Reason::Busy, fmt::format("agent.max_queued = {} behind agent.max_handshakes = "
                                             "{}",
                                             limits_.queued, limits_.handshakes));
  return failure(Reason::Success);
}

void Dispatcher::refuse(HandshakeRequest& request, const std::string& description,
                        const Outcome& outcome) {
  // what is no connected TCP socket is left as it is: whatever it is, it was passed by mistake
  if (classify_socket(request.socket.get()) == Reason::Success)
    end_unbegun(request.socket.get(), outcome.reason);
  report(request, description, outcome);
}

bool Dispatcher::has_place() const {
  return in_workers_ < limits_.handshakes && workers_.pick().has_value();
}

// Gives workers what waits, as far as there is room.
void Dispatcher::fill() {
  if (filling_)
    return; // a worker that cannot take one ends others, which calls this
  filling_ = true;
  while (!waiting_.empty() && has_place())
    assign(waiting_.extract(waiting_.begin()).value());
  filling_ = false;
}

void Dispatcher::assign(Id id) {
  auto& handshake = handshakes_.at(id);
  const auto& request = handshake.request;
  const bool client = request.role == RequestedRole::Client;
  const auto now = loop_.now();
  const auto left = left_until(handshake.deadline, now);
  auto message = wire::make<ipc::StartHandshake>();
  message.id = id;
  message.sent_ns =
      static_cast<std::uint64_t>(std::chrono::nanoseconds(now.time_since_epoch()).count());
  message.profile = choose_profile(request)->index;
  message.timeout_ms = static_cast<std::uint32_t>(left.count());
  // from here on: as client, nobody has spoken to the peer yet
  message.first_byte_ms = static_cast<std::uint32_t>(std::min(left, limits_.first_byte).count());
  message.anonymous = client && request.anonymous ? 1 : 0;
  check(message.peer_name.assign(request.peer_name), "an examined name fits");
  handshake.worker = workers_.pick();
  ++in_workers_;
  // on failure on_lost() has ended it with the worker's others
  (void)workers_.start(*handshake.worker, message, request.socket.get());
}

void Dispatcher::on_available() {
  fill();
}

void Dispatcher::on_finished(Workers::Index worker, const ipc::HandshakeFinished& message) {
  const auto found = handshakes_.find(message.id);
  if (found == handshakes_.end() || found->second.worker != worker)
    return workers_.replace(worker); // it makes up handshakes
  ++heard_[worker];
  Outcome outcome;
  outcome.reason = *reason_from_number(message.reason);
  // a worker that was taken over must not forge log lines
  outcome.detail = escape(message.detail.view());
  outcome.protocol = escape(message.protocol.view());
  outcome.cipher = escape(message.cipher.view());
  outcome.group = escape(message.group.view());
  outcome.alpn = escape(message.alpn.view());
  outcome.psk_identity = escape(message.psk_identity.view());
  outcome.resumed = message.resumed != 0;
  outcome.peer_subject = escape(message.peer_subject.view());
  outcome.authenticated = message.authenticated != 0;
  if (outcome.reason == Reason::Success && outcome.authenticated && !outcome.peer_subject.empty())
    outcome.tags = choose_profile(found->second.request)->tags;
  finish(message.id, outcome);
}

void Dispatcher::on_psk_request(Workers::Index worker, const ipc::PskRequest& message) {
  const auto found = handshakes_.find(message.id);
  if (found == handshakes_.end() || found->second.worker != worker)
    return workers_.replace(worker); // it makes up handshakes
  auto& handshake = found->second;
  const auto& request = handshake.request;
  if (!uses_psk(request) || ++handshake.psk_lookups > tls::max_psk_lookups)
    return workers_.replace(worker); // it collects keys
  const auto& profile = *choose_profile(request);
  const bool client = request.role == RequestedRole::Client;
  const std::string identity = client ? profile.psk_identity : std::string(message.identity.view());
  // as server, nothing without a name: it would be the first of a file
  auto psk = request.psk                   ? request.psk(identity)
             : client || !identity.empty() ? profile.psk_file->find(identity)
                                           : invalid("no identity");
  auto reply = wire::make<ipc::PskReply>();
  reply.id = message.id;
  if (psk && psk->key.bytes().size() <= reply.key.size() && reply.identity.assign(psk->identity)) {
    reply.size = static_cast<std::uint32_t>(psk->key.bytes().size());
    std::ranges::copy(psk->key.bytes(), std::as_writable_bytes(std::span(reply.key)).begin());
  }
  workers_.give_psk(worker, reply);
  wipe_message(reply);
}

void Dispatcher::on_lost(Workers::Index worker, Workers::Loss loss) {
  heard_.erase(worker);
  std::vector<Id> lost;
  std::vector<RemoteNetwork> remotes;
  for (const auto& [id, handshake] : handshakes_) {
    if (handshake.worker != worker)
      continue;
    lost.push_back(id);
    if (handshake.remote)
      remotes.push_back(*handshake.remote);
  }
  if (loss == Workers::Loss::Failed)
    suspects_.blame(remotes, loop_.now());
  for (const Id id : lost) {
    const auto found = handshakes_.find(id);
    if (found != handshakes_.end()) // what takes the place of one may be lost too
      finish(id, failure(found->second.late ? Reason::WorkerStuck : Reason::WorkerDied));
  }
}

// A worker tells the peer, and has a little more time for it.
void Dispatcher::on_deadline(Id id) {
  auto& handshake = handshakes_.at(id);
  if (!handshake.worker)
    return finish(id, failure(Reason::HandshakeTimeout,
                              in_workers_ < limits_.handshakes
                                  ? "no worker was ready"
                                  : fmt::format("it waited behind agent.max_handshakes = {}",
                                                limits_.handshakes)));
  watch_worker(id, handshake.deadline + worker_grace);
}

void Dispatcher::watch_worker(Id id, EventLoop::Clock::time_point until) {
  auto watchdog = loop_.on_time(until, [this, id] { on_late(id); });
  check(watchdog.has_value(), "a timer can be set");
  auto& handshake = handshakes_.at(id);
  handshake.watchdog = std::move(*watchdog);
  handshake.heard = heard_[*handshake.worker];
}

void Dispatcher::on_late(Id id) {
  auto& handshake = handshakes_.at(id);
  const auto worker = handshake.worker;
  const auto now = loop_.now();
  if (heard_[*worker] != handshake.heard && now < handshake.deadline + worker_patience)
    return watch_worker(id, now + worker_grace);
  handshake.late = true;
  workers_.replace(*worker);
}

void Dispatcher::cancel(Id id) {
  const auto found = handshakes_.find(id);
  if (found == handshakes_.end())
    return;
  if (found->second.worker)
    workers_.cancel(*found->second.worker, id);
  else
    finish(id, failure(Reason::Cancelled));
}

void Dispatcher::end_all(Reason reason) {
  filling_ = true; // nothing takes the place of what ends
  while (!handshakes_.empty())
    finish(handshakes_.begin()->first, failure(reason));
  filling_ = false;
}

void Dispatcher::finish(Id id, const Outcome& outcome) {
  auto node = handshakes_.extract(id);
  auto& handshake = node.mapped();
  const int socket = handshake.request.socket.get();
  if (handshake.worker)
    --in_workers_;
  else
    waiting_.erase(id);
  // the worker has shut it down already, unless it died; nobody knows then what the peer was sent,
  // so no alert is put behind it
  if (outcome.reason != Reason::Success && handshake.worker)
    (void)::shutdown(socket, SHUT_RDWR);
  else if (outcome.reason != Reason::Success)
    end_unbegun(socket, outcome.reason);
  report(handshake.request, handshake.description, outcome);
  fill();
}

void Dispatcher::report(HandshakeRequest& request, const std::string& description,
                        const Outcome& outcome) {
  log_outcome(description, outcome);
  request.complete(outcome, request.socket.get());
  if (!request.from_kernel)
    dont_linger(request.socket.get());
}

void Dispatcher::log_outcome(const std::string& description, const Outcome& outcome) {
  const auto& reason = facts(outcome.reason);
  if (outcome.reason == Reason::Success)
    return log::info("{}: secured with {} {}{}{}, peer {}", description, outcome.protocol,
                     outcome.cipher, outcome.group.empty() ? "" : " ", outcome.group,
                     name_peer(outcome));
  failures_.write(
      outcome.reason,
      fmt::format("{}: {}: {}{}{}", description, reason.name, reason.help,
                  outcome.detail.empty() ? "" : " (" + outcome.detail + ")",
                  outcome.peer_subject.empty() ? "" : "; peer \"" + outcome.peer_subject + "\""));
}

} // namespace ktls
