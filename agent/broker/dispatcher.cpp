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
#include "policy/pin.hpp"
#include "tls/certificate.hpp"

namespace ktls {
namespace {

std::optional<ipc::HandshakeRole> role_asked_of(const HandshakeRequest& request) {
  switch (request.role) {
  case RequestedRole::Client:
    return ipc::HandshakeRole::Client;
  case RequestedRole::Server:
    return ipc::HandshakeRole::Server;
  case RequestedRole::ByPolicy:
    return std::nullopt;
  }
  return std::nullopt;
}

std::chrono::milliseconds left_until(EventLoop::Clock::time_point deadline,
                                     EventLoop::Clock::time_point now) {
  const auto left = deadline - now;
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(left), std::chrono::milliseconds(1));
}

} // namespace

void Dispatcher::serve(std::shared_ptr<const Generation> generation, const Limits& limits) {
  planner_.serve(std::move(generation));
  limits_ = limits;
  admission_.set_limits(limits.each);
  fill();
}

Dispatcher::Id Dispatcher::submit(HandshakeRequest request) {
  const Id id = ++last_id_;
  const auto addresses = addresses_of(request.socket.get());
  std::string description = request.origin + " " + describe(addresses);
  auto plan = examine(request, addresses);
  if (!plan) {
    refuse(request, description, plan.error());
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
  auto place = admission_.admit({request.who.uid, remote});
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
  handshakes_.emplace(id, InFlight{std::move(request), std::move(*plan), std::move(*place),
                                   addresses, remote, std::move(description), std::nullopt,
                                   loop_.now(), deadline, std::move(*watchdog)});
  waiting_.insert(id);
  fill();
  return id;
}

// The cheap questions, before a worker is bothered.
Planner::Planned Dispatcher::examine(HandshakeRequest& request,
                                     const ConnectionAddresses& addresses) {
  // the kernel gives its own sockets only; one that is not connected any more, the worker finds
  const auto fit = request.from_kernel() ? Reason::Success : classify_socket(request.socket.get());
  if (fit != Reason::Success)
    return tl::make_unexpected(failure(fit));
  auto plan = planner_.plan(request, addresses);
  if (!plan)
    return plan;
  if (!has_place(plan->generation->workers) && waiting_.size() >= limits_.queued)
    return tl::make_unexpected(
        failure(Reason::Busy, fmt::format("agent.max_queued = {} behind agent.max_handshakes = {}",
                                          limits_.queued, limits_.handshakes)));
  if (plan->profile != nullptr && !request.from_kernel())
    request.timeout =
        std::min<std::chrono::milliseconds>(request.timeout, plan->profile->handshake_timeout);
  return plan;
}

void Dispatcher::refuse(HandshakeRequest& request, const std::string& description,
                        const Outcome& outcome) {
  // what is no connected TCP socket is left as it is: whatever it is, it was passed by mistake; so
  // is an application's that is to go without TLS
  const bool stays = outcome.reason == Reason::PolicyClear && !request.from_kernel();
  if (!stays && classify_socket(request.socket.get()) == Reason::Success)
    end_unbegun(request.socket.get(), outcome.reason);
  report({request, description, outcome, role_asked_of(request), {}});
}

bool Dispatcher::has_place(Workers& workers) const {
  return in_workers_ < limits_.handshakes && workers.pick().has_value();
}

// Gives workers what waits, as far as there is room, the oldest first. What waits for the workers
// of an older policy does not hold up the others.
void Dispatcher::fill() {
  if (filling_)
    return; // a worker that cannot take one ends others, which calls this
  filling_ = true;
  const auto can_go_on = [this](Id id) {
    return has_place(handshakes_.at(id).plan.generation->workers);
  };
  for (auto next = waiting_.begin(); in_workers_ < limits_.handshakes; next = waiting_.begin()) {
    next = std::find_if(next, waiting_.end(), can_go_on);
    if (next == waiting_.end())
      break;
    assign(waiting_.extract(next).value());
  }
  filling_ = false;
}

void Dispatcher::assign(Id id) {
  auto& handshake = handshakes_.at(id);
  const auto& plan = handshake.plan;
  const auto now = loop_.now();
  const auto left = left_until(handshake.deadline, now);
  auto message = wire::make<ipc::StartHandshake>();
  message.id = id;
  message.sent_ns =
      static_cast<std::uint64_t>(std::chrono::nanoseconds(now.time_since_epoch()).count());
  message.timeout_ms = static_cast<std::uint32_t>(left.count());
  // from here on: as client, nobody has spoken to the peer yet
  const auto first_byte = plan.profile == nullptr
                              ? plan.generation->policy.agent().first_byte_timeout
                              : plan.profile->first_byte_timeout;
  message.first_byte_ms =
      static_cast<std::uint32_t>(std::min<std::chrono::milliseconds>(left, first_byte).count());
  if (plan.profile == nullptr) {
    message.name_decides = 1;
  } else {
    message.profile = plan.index;
    message.asks_user = asks_user(handshake) ? 1 : 0;
    message.tells_steps = wants_steps(handshake) ? 1 : 0;
    message.logs_keys = plan.profile->key_log_file ? 1 : 0;
    message.anonymous = plan.is_client() && handshake.request.anonymous ? 1 : 0;
    check(message.peer_name.assign(plan.peer_name), "an examined name fits");
  }
  auto& workers = plan.generation->workers;
  handshake.worker = WorkerId{&workers, *workers.pick()};
  ++in_workers_;
  // on failure on_lost() has ended it with the worker's others
  (void)workers.start(handshake.worker->second, message, handshake.request.socket.get());
}

void Dispatcher::on_available() {
  fill();
}

void Dispatcher::on_finished(const WorkerId& worker, const ipc::HandshakeFinished& message) {
  const auto found = handshakes_.find(message.id);
  if (found == handshakes_.end() || found->second.worker != worker)
    return worker.first->replace(worker.second); // it makes up handshakes
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
  outcome.peer_issuer = escape(message.peer_issuer.view());
  outcome.signature = escape(message.signature.view());
  outcome.server_name = escape(message.server_name.view());
  outcome.authenticated = message.authenticated != 0;
  const auto& plan = found->second.plan;
  if (outcome.reason == Reason::Success &&
      (plan.profile == nullptr || (plan.profile->needs_user() && !found->second.user)))
    return worker.first->replace(worker.second); // it was told of none
  if (outcome.reason == Reason::Success && outcome.authenticated)
    outcome.user = std::move(found->second.user);
  if (outcome.reason == Reason::Success && outcome.authenticated && !outcome.peer_subject.empty())
    outcome.tags = plan.profile->tags;
  const auto secret = [size = message.secrets.size](const auto& bytes) {
    return std::as_bytes(std::span(bytes)).first(size);
  };
  finish(message.id, outcome, {secret(message.secrets.send), secret(message.secrets.receive)});
}

void Dispatcher::on_certificate(const WorkerId& worker, const ipc::PeerCertificate& message) {
  const auto found = handshakes_.find(message.id);
  if (found == handshakes_.end() || found->second.worker != worker ||
      found->second.plan.profile == nullptr || found->second.question ||
      found->second.certificates.size() >= wire::max_certificates)
    return worker.first->replace(worker.second); // not now, or not so many
  const auto der = std::as_bytes(std::span(message.der)).first(message.size);
  found->second.certificates.emplace_back(der.begin(), der.end());
}

void Dispatcher::on_psk_request(const WorkerId& worker, const ipc::PskRequest& message) {
  const auto found = handshakes_.find(message.id);
  if (found == handshakes_.end() || found->second.worker != worker)
    return worker.first->replace(worker.second); // it makes up handshakes
  auto& handshake = found->second;
  const auto& request = handshake.request;
  const auto& plan = handshake.plan;
  const bool uses_psk = plan.profile != nullptr && plan.uses_psk();
  if (!uses_psk || ++handshake.psk_lookups > tls::max_psk_lookups)
    return worker.first->replace(worker.second); // it collects keys
  const bool client = plan.is_client();
  const std::string identity =
      client ? plan.profile->psk_identity : std::string(message.identity.view());
  // as server, nothing without a name: it would be the first of a file
  auto psk = request.psk                   ? request.psk(identity)
             : client || !identity.empty() ? plan.served->psk_file->find(identity)
                                           : invalid("no identity");
  auto reply = wire::make<ipc::PskReply>();
  reply.id = message.id;
  if (psk && psk->key.bytes().size() <= reply.key.size() && reply.identity.assign(psk->identity)) {
    reply.size = static_cast<std::uint32_t>(psk->key.bytes().size());
    std::ranges::copy(psk->key.bytes(), std::as_writable_bytes(std::span(reply.key)).begin());
  }
  worker.first->give_psk(worker.second, reply);
  wipe_message(reply);
}

void Dispatcher::on_server_name(const WorkerId& worker, const ipc::ServerName& message) {
  const auto found = handshakes_.find(message.id);
  if (found == handshakes_.end() || found->second.worker != worker ||
      found->second.plan.profile != nullptr || found->second.refusal)
    return worker.first->replace(worker.second); // nobody asked it, or it asks again
  ++heard_[worker];
  auto& handshake = found->second;
  auto plan =
      planner_.plan_by_name(handshake.plan.generation, handshake.request, message.name.view());
  auto choice = wire::make<ipc::ChooseProfile>();
  choice.id = message.id;
  if (plan) {
    handshake.plan = std::move(*plan);
    choice.profile = handshake.plan.index;
    choice.asks_user = asks_user(handshake) ? 1 : 0;
    choice.tells_steps = wants_steps(handshake) ? 1 : 0;
    choice.logs_keys = handshake.plan.profile->key_log_file ? 1 : 0;
    keep_to_profile(message.id, handshake);
    choice.timeout_ms =
        static_cast<std::uint32_t>(left_until(handshake.deadline, loop_.now()).count());
  } else {
    choice.reason = static_cast<std::uint16_t>(plan.error().reason);
    handshake.refusal = std::move(plan.error());
  }
  worker.first->choose(worker.second, choice);
}

// The profile's time limit counts from the request on, whenever the profile became known.
void Dispatcher::keep_to_profile(Id id, InFlight& handshake) {
  const auto deadline = handshake.began + handshake.plan.profile->handshake_timeout;
  if (handshake.request.from_kernel() || deadline >= handshake.deadline)
    return;
  handshake.deadline = deadline;
  auto watchdog = loop_.on_time(deadline, [this, id] { on_deadline(id); });
  check(watchdog.has_value(), "a timer can be set");
  handshake.watchdog = std::move(*watchdog);
}

bool Dispatcher::asks_user(const InFlight& handshake) {
  const auto& profile = *handshake.plan.profile;
  return profile.asks_user() || (handshake.request.wants_user && profile.can_ask_user());
}

bool Dispatcher::wants_steps(InFlight& handshake) {
  handshake.tells_steps =
      level_of_(*handshake.plan.profile) == policy::LogLevel::Debug && step_log_.allows();
  return handshake.tells_steps;
}

void Dispatcher::on_step(const WorkerId& worker, const ipc::HandshakeStep& message) {
  const auto found = handshakes_.find(message.id);
  if (found == handshakes_.end() || found->second.worker != worker || !found->second.tells_steps ||
      ++found->second.steps > ipc::HandshakeStep::max_steps)
    return worker.first->replace(worker.second); // nobody asked it, or not so much
  ++heard_[worker];
  const auto& handshake = found->second;
  const auto& plan = handshake.plan;
  step_log_.write({handshake.description, message.kind, std::chrono::microseconds(message.since_us),
                   escape(message.text.view(), ipc::HandshakeStep::max_text),
                   plan.rule != nullptr ? plan.rule->name : "", plan.profile->name, message.id});
}

void Dispatcher::on_key(const WorkerId& worker, const ipc::KeyLogEntry& message) {
  const auto found = handshakes_.find(message.id);
  if (found == handshakes_.end() || found->second.worker != worker ||
      found->second.plan.profile == nullptr || !found->second.plan.profile->key_log_file ||
      ++found->second.keys > ipc::KeyLogEntry::max_entries)
    return worker.first->replace(worker.second); // nobody asked it, or not so much
  ++heard_[worker];
  on_key_(found->second.plan.profile->key_log_file->path, message);
}

// The worker has no say in it: what is found counts when it says that the handshake is complete.
void Dispatcher::on_user_request(const WorkerId& worker, const ipc::UserRequest& message) {
  const auto found = handshakes_.find(message.id);
  if (found == handshakes_.end() || found->second.worker != worker ||
      found->second.plan.profile == nullptr || found->second.certificates.empty() ||
      !asks_user(found->second) || found->second.question)
    return worker.first->replace(worker.second); // nobody asked it, or it asks again
  ++heard_[worker];
  auto& handshake = found->second;
  handshake.subject = escape(message.subject.view(), ipc::UserRequest::max_name);
  handshake.issuer = escape(message.issuer.view(), ipc::UserRequest::max_name);
  MappingQuestion question;
  question.chain = handshake.certificates;
  question.anchor_spki = message.anchor_spki;
  question.rule = handshake.plan.rule != nullptr ? handshake.plan.rule->name : "";
  question.profile = handshake.plan.profile->name;
  const auto& who = handshake.request.who;
  question.local_address = who.local_address ? who.local_address->text() : "";
  question.local_port = who.local_port;
  question.server_name = dns_name(message.server_name.view());
  const auto asked = std::make_shared<const MappingQuestion>(std::move(question));
  handshake.question = asked;
  if (authoriser_ == nullptr)
    return on_user(message.id, tl::make_unexpected(NotMapped{}));
  authoriser_->ask(*asked, handshake.plan.profile->mapping, handshake.deadline,
                   [this, id = message.id](const MappingAnswer& answer) { on_user(id, answer); });
}

void Dispatcher::on_user(Id id, const MappingAnswer& answer) {
  const auto found = handshakes_.find(id);
  if (found == handshakes_.end())
    return; // it has ended meanwhile
  auto& handshake = found->second;
  record(handshake, answer);
  auto reply = wire::make<ipc::UserReply>();
  reply.id = id;
  if (answer) {
    handshake.user = *answer;
  } else if (handshake.plan.profile->needs_user()) {
    reply.reason = static_cast<std::uint16_t>(answer.error().reason);
    handshake.refusal = failure(answer.error().reason, answer.error().detail);
  }
  handshake.worker->first->give_user(handshake.worker->second, reply);
}

void Dispatcher::record(const InFlight& handshake, const MappingAnswer& answer) {
  const auto& plan = handshake.plan;
  const auto& remote = handshake.request.who.remote_address;
  const auto digest = tls::sha256(handshake.certificates.front());
  MappingRecord record;
  record.answer = answer;
  record.demanded = plan.profile->needs_user();
  record.description = handshake.description;
  record.certificate_sha256 = digest ? policy::pin_text(*digest) : "";
  record.subject = handshake.subject;
  record.issuer = handshake.issuer;
  record.peer_address = remote ? remote->text() : "";
  record.rule = plan.rule != nullptr ? plan.rule->name : "";
  record.profile = plan.profile->name;
  record.level = level_of_(*plan.profile);
  mapping_log_.write(record);
}

void Dispatcher::on_lost(const WorkerId& worker, Workers::Loss loss) {
  heard_.erase(worker);
  ++lost_workers_;
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
  worker->first->replace(worker->second);
}

void Dispatcher::cancel(Id id) {
  const auto found = handshakes_.find(id);
  if (found == handshakes_.end())
    return;
  if (found->second.worker)
    found->second.worker->first->cancel(found->second.worker->second, id);
  else
    finish(id, failure(Reason::Cancelled));
}

void Dispatcher::end_all(Reason reason) {
  filling_ = true; // nothing takes the place of what ends
  while (!handshakes_.empty())
    finish(handshakes_.begin()->first, failure(reason));
  filling_ = false;
}

void Dispatcher::finish(Id id, Outcome outcome, const tls::TrafficSecrets& secrets) {
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
  const auto& plan = handshake.plan;
  if (handshake.refusal && outcome.reason == handshake.refusal->reason) {
    handshake.refusal->peer_subject = std::move(outcome.peer_subject);
    outcome = std::move(*handshake.refusal);
  }
  outcome.rule = plan.rule != nullptr ? plan.rule->name : outcome.rule;
  outcome.profile = plan.profile != nullptr ? plan.profile->name : outcome.profile;
  outcome.key_logged = plan.profile != nullptr && plan.profile->key_log_file;
  if (outcome.reason == Reason::Success && handshake.request.wants_certificates)
    outcome.certificates = handshake.certificates;
  const auto took =
      std::chrono::duration_cast<std::chrono::microseconds>(loop_.now() - handshake.began);
  const auto role = plan.profile != nullptr ? plan.profile->role : role_asked_of(handshake.request);
  const auto session =
      outcome.reason == Reason::Success ? add_session(handshake, outcome, secrets) : std::nullopt;
  const auto level = plan.profile != nullptr ? level_of_(*plan.profile) : policy::LogLevel::Info;
  report({handshake.request, handshake.description, outcome, role, took, session, level});
  fill();
}

std::optional<std::uint64_t> Dispatcher::add_session(InFlight& handshake, const Outcome& outcome,
                                                     const tls::TrafficSecrets& secrets) {
  const auto& request = handshake.request;
  const auto& profile = *handshake.plan.profile;
  SessionTerms terms;
  terms.origin = request.who.origin;
  terms.role = profile.role;
  terms.consumer = request.from_kernel() ? request.origin : "";
  terms.network_namespace = request.who.network_namespace;
  terms.rule = outcome.rule;
  terms.profile = outcome.profile;
  terms.generation = handshake.plan.generation->number;
  terms.when_revoked = profile.mapping.revoked_sessions;
  terms.protocol = outcome.protocol;
  terms.cipher = outcome.cipher;
  terms.group = outcome.group;
  terms.signature = outcome.signature;
  terms.server_name = dns_name(outcome.server_name);
  terms.alpn = outcome.alpn;
  terms.resumed = outcome.resumed;
  terms.authenticated = outcome.authenticated;
  terms.key_logged = outcome.key_logged;
  terms.uid = request.who.uid;
  terms.unit = escape(request.who.unit);
  Session session;
  session.addresses = handshake.addresses;
  session.terms = std::make_shared<const SessionTerms>(std::move(terms));
  if (!handshake.certificates.empty())
    session.peer = std::make_shared<const Peer>(
        Peer{outcome.peer_subject, outcome.peer_issuer, std::move(handshake.certificates)});
  if (outcome.user && handshake.question) {
    session.user = std::make_shared<const MappedUser>(*outcome.user);
    session.anchor_spki = handshake.question->anchor_spki;
  }
  session.psk_identity = outcome.psk_identity;
  session.pid = request.pid;
  session.began = loop_.wall_clock();
  return on_secured_(std::move(session), secrets, request.socket.get());
}

void Dispatcher::report(const HandshakeReport& report) {
  log_.write(report);
  const auto& request = report.request;
  request.complete(report.outcome, request.socket.get());
  on_report_(report);
  if (!request.from_kernel())
    dont_linger(request.socket.get());
}

} // namespace ktls
