// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/agent_client.hpp"

#include <fmt/format.h>

#include <memory>

#include "base/text.hpp"
#include "bus/agent1_codec.hpp"
#include "bus/compatibility.hpp"

namespace ktls::bus {
namespace {

constexpr const char* properties_interface = "org.freedesktop.DBus.Properties";

Failure fit_to_print(const Failure& failure) {
  return {escape(failure.name, 128), escape(failure.text, 1024)};
}

Method of_manager(const char* name) {
  return {agent_name, agent_path, manager_interface, name};
}

using Write = std::function<void(sdbus::MethodCall&)>;
template<class T>
using Read = std::function<void(sdbus::MethodReply&, T&)>;

template<class T>
void ask_for(Connection& connection, const Method& method, std::chrono::microseconds timeout,
             const Write& write, Read<T> read, AgentClient::Then<T> then) {
  const auto answer = std::make_shared<T>();
  const auto call = std::make_shared<AgentClient::Then<T>>(std::move(then));
  connection.call(
      method, timeout, write,
      {[answer, read = std::move(read)](sdbus::MethodReply& reply) { read(reply, *answer); },
       [answer, call] { (*call)(std::move(*answer)); },
       [call](const Failure& failure) { (*call)(tl::make_unexpected(fit_to_print(failure))); }});
}

// Its object goes with the session.
Failure of_session(const Failure& failure, std::uint64_t id) {
  if (failure.name != "org.freedesktop.DBus.Error.UnknownObject")
    return failure;
  return {error_name(AgentRefusal::NoSuchSession), fmt::format("session {} has ended", id)};
}
template<class T>
AgentClient::Then<T> on_session(std::uint64_t id, const AgentClient::Then<T>& then) {
  return [id, then](Asked<T> got) {
    then(got ? std::move(got) : tl::make_unexpected(of_session(got.error(), id)));
  };
}
template<class T>
std::function<void(const Failure&)> failing(const AgentClient::Then<T>& then) {
  return [then](const Failure& failure) { then(tl::make_unexpected(failure)); };
}

template<class T>
void take_property(const Dictionary& properties, const char* name, T& into) {
  const auto found = properties.find(name);
  if (found != properties.end() && found->second.containsValueOfType<T>())
    into = found->second.get<T>();
}

AgentStatus status_from(const Dictionary& properties) {
  AgentStatus status;
  take_property(properties, "Version", status.version);
  take_property(properties, "Started", status.started_us);
  take_property(properties, "PolicyGeneration", status.policy_generation);
  take_property(properties, "PolicyLoaded", status.policy_loaded_us);
  take_property(properties, "Sessions", status.sessions);
  take_property(properties, "HandshakesInFlight", status.handshakes_in_flight);
  take_property(properties, "Workers", status.workers);
  take_property(properties, "Features", status.features);
  take_property(properties, "KeyLoggedProfiles", status.key_logged_profiles);
  return status;
}

// None for a signal that is not known here.
std::optional<AgentEvent> event_in(sdbus::Message& signal) {
  const std::string name = signal.getMemberName();
  if (name == "SessionOpened") {
    OpenedEvent opened;
    std::uint64_t id = 0;
    Dictionary details;
    signal >> id >> details;
    opened.details = details_from(details);
    opened.details.row.id = id;
    return opened;
  }
  if (name == "SessionEnded") {
    EndedEvent ended;
    signal >> ended.id >> ended.cause;
    return ended;
  }
  if (name == "HandshakeFailed") {
    std::string reason;
    std::string text;
    Dictionary details;
    signal >> reason >> text >> details;
    auto failed = failed_handshake_from(details);
    failed.reason = std::move(reason);
    failed.text = std::move(text);
    return failed;
  }
  if (name == "PolicyLoaded") {
    PolicyEvent loaded;
    signal >> loaded.generation;
    return loaded;
  }
  if (name == "Dropped") {
    DroppedEvent dropped;
    signal >> dropped.count;
    return dropped;
  }
  return std::nullopt;
}

} // namespace

void AgentClient::status(Then<AgentStatus> then) {
  ask_for<AgentStatus>(
      connection_, {agent_name, agent_path, properties_interface, "GetAll"}, timeout_,
      [](sdbus::MethodCall& call) { call << std::string(manager_interface); },
      [](sdbus::MethodReply& reply, AgentStatus& status) {
        Dictionary properties;
        reply >> properties;
        status = status_from(properties);
      },
      std::move(then));
}

void AgentClient::list(const SessionFilter& filter, std::uint64_t after, std::uint32_t limit,
                       Then<SessionPage> then) {
  ask_for<SessionPage>(
      connection_, of_manager("ListSessions"), timeout_,
      [&](sdbus::MethodCall& call) { call << to_bus(filter) << after << limit; },
      [](sdbus::MethodReply& reply, SessionPage& page) {
        std::vector<RowStruct> rows;
        reply >> rows >> page.next;
        page.sessions = from_bus(rows);
      },
      std::move(then));
}

void AgentClient::find(std::uint64_t id, OnPath found, std::function<void(const Failure&)> failed) {
  ask_for<sdbus::ObjectPath>(
      connection_, of_manager("GetSession"), timeout_,
      [id](sdbus::MethodCall& call) { call << id; },
      [](sdbus::MethodReply& reply, sdbus::ObjectPath& path) { reply >> path; },
      [found = std::move(found), failed = std::move(failed)](Asked<sdbus::ObjectPath> got) {
        if (got)
          found(*got);
        else
          failed(got.error());
      });
}

void AgentClient::details(std::uint64_t id, const Then<SessionDetails>& then) {
  find(
      id,
      [this, id, then](const std::string& path) {
        ask_for<SessionDetails>(
            connection_, {agent_name, path, properties_interface, "GetAll"}, timeout_,
            [](sdbus::MethodCall& call) { call << std::string(session_interface); },
            [id](sdbus::MethodReply& reply, SessionDetails& details) {
              Dictionary properties;
              reply >> properties;
              details = details_from(properties);
              details.row.id = id;
            },
            on_session<SessionDetails>(id, then));
      },
      failing<SessionDetails>(then));
}

void AgentClient::chain(std::uint64_t id, const Then<Chain>& then) {
  find(
      id,
      [this, id, then](const std::string& path) {
        ask_for<Chain>(
            connection_, {agent_name, path, session_interface, "GetPeerCertificates"}, timeout_,
            [](sdbus::MethodCall&) {},
            [](sdbus::MethodReply& reply, Chain& chain) { reply >> chain; },
            on_session<Chain>(id, then));
      },
      failing<Chain>(then));
}

void AgentClient::query(int socket, Then<SessionDetails> then) {
  ask_for<SessionDetails>(
      connection_, of_manager("QuerySocket"), timeout_,
      [socket](sdbus::MethodCall& call) { call << sdbus::UnixFd(socket); },
      [](sdbus::MethodReply& reply, SessionDetails& details) {
        std::uint64_t id = 0;
        Dictionary properties;
        reply >> id >> properties;
        details = details_from(properties);
        details.row.id = id;
      },
      std::move(then));
}

void AgentClient::terminate(const std::vector<std::uint64_t>& ids,
                            Then<std::vector<NotEnded>> then) {
  ask_for<std::vector<NotEnded>>(
      connection_, of_manager("TerminateSessions"), timeout_,
      [&](sdbus::MethodCall& call) { call << ids << options_of(interactive_); },
      [](sdbus::MethodReply& reply, std::vector<NotEnded>& failed) {
        std::vector<NotEndedStruct> structs;
        reply >> structs;
        failed = from_bus(structs);
      },
      std::move(then));
}

void AgentClient::rekey(std::uint64_t id, const Then<Done>& then) {
  find(
      id,
      [this, id, then](const std::string& path) {
        ask_for<Done>(
            connection_, {agent_name, path, session_interface, "Rekey"}, timeout_,
            [this](sdbus::MethodCall& call) { call << options_of(interactive_); },
            [](sdbus::MethodReply&, Done&) {}, on_session<Done>(id, then));
      },
      failing<Done>(then));
}

void AgentClient::revalidate(std::uint64_t id, const Then<std::string>& then) {
  find(
      id,
      [this, id, then](const std::string& path) {
        ask_for<std::string>(
            connection_, {agent_name, path, session_interface, "Revalidate"}, timeout_,
            [this](sdbus::MethodCall& call) { call << options_of(interactive_); },
            [](sdbus::MethodReply& reply, std::string& verdict) { reply >> verdict; },
            on_session<std::string>(id, then));
      },
      failing<std::string>(then));
}

void AgentClient::revalidate(std::chrono::microseconds timeout, Then<RevalidationCounts> then) {
  ask_for<RevalidationCounts>(
      connection_, of_manager("RevalidateSessions"), timeout,
      [this](sdbus::MethodCall& call) { call << options_of(interactive_); },
      [](sdbus::MethodReply& reply, RevalidationCounts& counts) {
        reply >> counts.judged >> counts.revoked >> counts.ended >> counts.undecided;
      },
      std::move(then));
}

void AgentClient::statistics(Then<std::vector<Sample>> then) {
  ask_for<std::vector<Sample>>(
      connection_, of_manager("GetStatistics"), timeout_, [](sdbus::MethodCall&) {},
      [](sdbus::MethodReply& reply, std::vector<Sample>& samples) {
        std::vector<SampleStruct> structs;
        reply >> structs;
        samples = from_bus(structs);
      },
      std::move(then));
}

void AgentClient::credentials(Then<std::vector<CredentialRow>> then) {
  ask_for<std::vector<CredentialRow>>(
      connection_, of_manager("GetCredentials"), timeout_, [](sdbus::MethodCall&) {},
      [](sdbus::MethodReply& reply, std::vector<CredentialRow>& rows) {
        std::vector<CredentialStruct> structs;
        reply >> structs;
        rows = from_bus(structs);
      },
      std::move(then));
}

void AgentClient::log_levels(Then<std::vector<LogLevelRow>> then) {
  ask_for<std::vector<LogLevelRow>>(
      connection_, of_manager("GetLogLevels"), timeout_, [](sdbus::MethodCall&) {},
      [](sdbus::MethodReply& reply, std::vector<LogLevelRow>& rows) {
        std::vector<LogLevelStruct> structs;
        reply >> structs;
        rows = from_bus(structs);
      },
      std::move(then));
}

void AgentClient::set_log_level(const std::string& profile, const std::string& level,
                                Then<Done> then) {
  ask_for<Done>(
      connection_, of_manager("SetLogLevel"), timeout_,
      [&](sdbus::MethodCall& call) { call << profile << level << options_of(interactive_); },
      [](sdbus::MethodReply&, Done&) {}, std::move(then));
}

// Anybody may send a signal to anybody: who sent it is what counts, and the bus vouches for it.
Result<> AgentClient::follow(std::function<void(const AgentEvent&)> on_event,
                             const Then<Done>& subscribed) {
  events_ = TRY(connection_.subscribe(
      fmt::format("type='signal',path='{}',interface='{}'", agent_path, manager_interface),
      [this, on_event = std::move(on_event)](sdbus::Message& signal) {
        if (agent_.empty() || agent_ != signal.getSender())
          return;
        if (const auto event = event_in(signal))
          on_event(*event);
      }));
  owner_ = TRY(connection_.subscribe_to_owner(agent_name, [this, subscribed] {
    agent_.clear();
    subscribe(subscribed);
  }));
  subscribe(subscribed);
  return {};
}

void AgentClient::subscribe(const Then<Done>& subscribed) {
  ask_for<Done>(
      connection_, of_manager("Subscribe"), timeout_,
      [this](sdbus::MethodCall& call) { call << options_of(interactive_); },
      [this](sdbus::MethodReply& reply, Done&) { agent_ = reply.getSender(); }, subscribed);
}

} // namespace ktls::bus
