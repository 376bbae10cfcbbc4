// SPDX-License-Identifier: GPL-2.0-or-later
// ApplicationIntake: agent.sock, where applications hand their sockets over (see wire.hpp).
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/descriptor_reserve.hpp"
#include "base/event_loop.hpp"
#include "base/fd.hpp"
#include "broker/admission.hpp"
#include "broker/failure_log.hpp"
#include "broker/handshake_request.hpp"
#include "broker/revalidator.hpp"
#include "ipc/connection.hpp"
#include "policy/policy.hpp"
#include "wire.hpp"

namespace ktls {

class ApplicationIntake {
public:
  struct Limits {
    std::chrono::milliseconds request_timeout; // from connecting to the request
    std::chrono::milliseconds handshake_timeout;
    // To agent.sock, with or without a request. The next ones wait in the backlog.
    std::size_t connections;
    std::size_t connections_per_uid; // the next is answered "busy"
  };
  // The number of the policy that is in force then, and what is wrong with the one that is not.
  using Reloaded = std::function<void(std::uint64_t, const std::vector<std::string>&)>;
  struct Handlers {
    std::function<std::uint64_t(HandshakeRequest)> submit;
    std::function<void(std::uint64_t)> cancel;
    std::function<policy::AskedFacts()> asked_facts;           // what to find out of an application
    std::function<void(policy::Facts&, int)> add_socket_facts; // of the socket that it passed
    std::function<void(Reloaded)> reload;                      // for root, and for our own user
    std::function<void(Revalidator::Done)> revalidate;         // for the same
    std::function<Outcome(wire::RekeyStep, int)> rekey;        // of a socket that was passed
    // Whether orders about a socket that was passed may be taken; its cookie.
    std::function<tl::expected<std::uint64_t, Outcome>(uid_t, int)> control;
    std::function<void(std::uint64_t, uid_t, ipc::Channel)> controlled; // from here on they are
  };

  // Makes the socket `path`, and its directory if that is missing. An error when another agent
  // answers there. `inherited`: listens there already, and its file stays when the intake ends.
  // `loop` must outlive the intake.
  static Result<std::unique_ptr<ApplicationIntake>>
  create(EventLoop& loop, std::string path, Limits limits, Handlers handlers, Fd inherited = {});
  ~ApplicationIntake();
  // Those who are above keep what they have.
  void set_limits(const Limits& limits);

  ApplicationIntake(const ApplicationIntake&) = delete;
  ApplicationIntake& operator=(const ApplicationIntake&) = delete;

private:
  using Id = std::uint64_t;
  struct Application {
    std::string name; // for the log: "pid 17 uid 1000"
    uid_t uid = 0;
    pid_t pid = 0;
    std::unique_ptr<ipc::Connection> connection;
    EventSource timer;
    bool asked = false;
    bool told = false; // all, as far as it reads it
    std::optional<std::uint64_t> handshake;
  };

  ApplicationIntake(EventLoop& loop, std::string path, Limits limits, Handlers handlers)
      : loop_(loop), path_(std::move(path)), limits_(limits), handlers_(std::move(handlers)),
        failures_(loop, "requests") {}
  void on_connection();
  [[nodiscard]] Fd accept();
  void take_in(Fd socket);
  void accept_to_refuse();
  void pause_listening();
  Result<> serve(Fd socket, const ucred& peer);
  void turn_away(Fd socket, Reason reason, const std::string& detail);
  void on_packet(Id id, ipc::Packet packet);
  void on_closed(Id id);
  void start(Id id, const wire::StartRequest& asked, Fd socket);
  void rekey(Id id, wire::RekeyStep step, const Fd& socket);
  void control(Id id, const Fd& socket);
  void report(Id id, const Outcome& outcome);
  bool may_administrate(Id id);
  void reload(Id id);
  void revalidate(Id id);
  void tell_reloaded(Id id, std::uint64_t generation, const std::vector<std::string>& problems);
  void end_when_told(Id id);
  void refuse(Id id, Reason reason);
  void reply(Id id, const Outcome& outcome);
  // No longer counted; empty when it is gone already.
  std::optional<Application> take(Id id);

  EventLoop& loop_;
  std::string path_;
  Limits limits_;
  Handlers handlers_;
  FailureLog failures_;
  DescriptorReserve reserve_;
  Fd listener_;
  bool owns_path_ = false;
  EventSource listening_;
  EventSource pause_;
  Id last_id_ = 0;
  std::unordered_map<Id, Application> applications_;
  Counts<uid_t> of_uids_;
};

// What is wrong with a packet as a request, before its socket is looked at; Success: nothing, and
// `request` is filled in. Pure.
[[nodiscard]] Reason judge_request(const ipc::Packet& packet, wire::StartRequest& request);

} // namespace ktls
