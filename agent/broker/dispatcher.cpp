// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/dispatcher.hpp"

#include <sys/socket.h>

#include <vector>

#include "base/host_name.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "broker/prompt_close.hpp"
#include "broker/socket_address.hpp"
#include "ktls/socket_check.hpp"

namespace ktls {
namespace {

void log_outcome(const std::string& description, const Outcome& outcome) {
  const auto& reason = facts(outcome.reason);
  if (outcome.reason == Reason::Success)
    return log::info(
        "{}: secured with {} {}, peer {}", description, outcome.protocol, outcome.cipher,
        outcome.peer_subject.empty() ? "without certificate" : "\"" + outcome.peer_subject + "\"");
  log::warning("{}: {}: {}{}{}", description, reason.name, reason.help,
               outcome.detail.empty() ? "" : " (" + outcome.detail + ")",
               outcome.peer_subject.empty() ? "" : "; peer \"" + outcome.peer_subject + "\"");
}

std::chrono::milliseconds left_until(EventLoop::Clock::time_point deadline) {
  const auto left = deadline - EventLoop::Clock::now();
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(left), std::chrono::milliseconds(1));
}

} // namespace

Dispatcher::Id Dispatcher::submit(HandshakeRequest request) {
  const Id id = ++last_id_;
  std::string description = request.origin + " " + describe_connection(request.socket.get());
  if (const Reason refused = examine(request); refused != Reason::Success) {
    // what is no connected TCP socket is left as it is: whatever it is, it was passed by mistake
    if (classify_socket(request.socket.get()) == Reason::Success)
      (void)::shutdown(request.socket.get(), SHUT_RDWR);
    report(request, description, failure(refused));
    return id;
  }
  const auto deadline = EventLoop::Clock::now() + request.timeout;
  auto watchdog = loop_.on_time(deadline + worker_grace, [this, id] { on_late(id); });
  if (!watchdog) {
    conclude(std::move(request), description,
             failure(Reason::InternalError, watchdog.error().message()));
    return id;
  }
  handshakes_.emplace(id, InFlight{std::move(request), std::move(description), std::nullopt,
                                   deadline, std::move(*watchdog)});
  assign(id);
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

// The cheap questions, before a worker is bothered.
Reason Dispatcher::examine(const HandshakeRequest& request) const {
  if (const Reason unfit = classify_socket(request.socket.get()); unfit != Reason::Success)
    return unfit;
  const bool client = request.role == RequestedRole::Client;
  const auto& profile = choose_profile(request);
  if (!profile)
    return Reason::NoPolicy;
  // with a pre-shared key there is no certificate that could name another
  const bool name_counts = client && !request.psk;
  if (name_counts && request.peer_name.empty())
    return Reason::PeerNameMissing;
  if (name_counts && !HostName::parse(request.peer_name))
    return Reason::PeerNameInvalid;
  return handshakes_.size() < max_in_flight ? Reason::Success : Reason::Busy;
}

void Dispatcher::assign(Id id) {
  auto& handshake = handshakes_.at(id);
  const auto worker = workers_.pick();
  if (!worker) {
    waiting_.push_back(id);
    return;
  }
  const auto& request = handshake.request;
  const bool client = request.role == RequestedRole::Client;
  auto message = wire::make<ipc::StartHandshake>();
  message.id = id;
  message.profile = choose_profile(request)->index;
  message.timeout_ms = static_cast<std::uint32_t>(left_until(handshake.deadline).count());
  message.anonymous = client && request.anonymous ? 1 : 0;
  check(message.peer_name.assign(request.peer_name), "an examined name fits");
  handshake.worker = worker;
  // on failure on_lost() has ended it with the worker's others
  (void)workers_.start(*worker, message, request.socket.get());
}

void Dispatcher::on_available() {
  auto waiting = std::exchange(waiting_, {});
  for (const Id id : waiting) {
    if (handshakes_.contains(id))
      assign(id);
  }
}

void Dispatcher::on_finished(Workers::Index worker, const ipc::HandshakeFinished& message) {
  const auto found = handshakes_.find(message.id);
  if (found == handshakes_.end() || found->second.worker != worker)
    return workers_.replace(worker); // it makes up handshakes
  Outcome outcome;
  outcome.reason = *reason_from_number(message.reason);
  // a worker that was taken over must not forge log lines
  outcome.detail = escape(message.detail.view());
  outcome.protocol = escape(message.protocol.view());
  outcome.cipher = escape(message.cipher.view());
  outcome.alpn = escape(message.alpn.view());
  outcome.psk_identity = escape(message.psk_identity.view());
  outcome.resumed = message.resumed != 0;
  outcome.peer_subject = escape(message.peer_subject.view());
  outcome.authenticated = message.authenticated != 0;
  finish(message.id, outcome);
}

void Dispatcher::on_lost(Workers::Index worker) {
  std::vector<Id> lost;
  for (const auto& [id, handshake] : handshakes_) {
    if (handshake.worker == worker)
      lost.push_back(id);
  }
  for (const Id id : lost)
    finish(id, failure(Reason::WorkerDied));
}

void Dispatcher::on_late(Id id) {
  const auto worker = handshakes_.at(id).worker;
  if (!worker)
    return finish(id, failure(Reason::HandshakeTimeout, "no worker was ready"));
  finish(id, failure(Reason::WorkerStuck));
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
  while (!handshakes_.empty())
    finish(handshakes_.begin()->first, failure(reason));
}

void Dispatcher::finish(Id id, const Outcome& outcome) {
  std::erase(waiting_, id);
  auto node = handshakes_.extract(id);
  auto& handshake = node.mapped();
  conclude(std::move(handshake.request), handshake.description, outcome);
}

void Dispatcher::conclude(HandshakeRequest request, const std::string& description,
                          const Outcome& outcome) {
  // the worker has done so already, unless it died or never had it
  if (outcome.reason != Reason::Success)
    (void)::shutdown(request.socket.get(), SHUT_RDWR);
  report(request, description, outcome);
}

void Dispatcher::report(HandshakeRequest& request, const std::string& description,
                        const Outcome& outcome) {
  log_outcome(description, outcome);
  request.complete(outcome, request.socket.get());
  dont_linger(request.socket.get());
}

} // namespace ktls
