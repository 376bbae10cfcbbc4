// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/agent_service.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bus/agent1_codec.hpp"
#include "bus/agent_call.hpp"
#include "bus/compatibility.hpp"
#include "bus/context_dictionary.hpp"
#include "bus/generated/agent1_adaptor.hpp"
#include "bus/session_objects.hpp"
#include "bus/signal_sender.hpp"

namespace ktls::bus {
namespace {

AgentRefused no_such_session(std::uint64_t id) {
  return {AgentRefusal::NoSuchSession, fmt::format("there is no session {}", id)};
}

template<class To, class From>
std::vector<To> structs_of(const std::vector<From>& values) {
  std::vector<To> out;
  out.reserve(values.size());
  for (const auto& value : values)
    out.push_back(to_bus(value));
  return out;
}

std::vector<std::string> texts_of(std::vector<std::string> texts) {
  for (auto& text : texts)
    text = bus_text(text);
  return texts;
}

} // namespace

class AgentService::Object final
    : public sdbus::AdaptorInterfaces<org::ktlsctl::Agent1::Manager_adaptor> {
public:
  Object(Connection& connection, Handlers handlers, const Settings& settings)
      : AdaptorInterfaces(connection.raw(), sdbus::ObjectPath(agent_path)), connection_(connection),
        handlers_(std::move(handlers)),
        desk_(std::make_shared<CallDesk>(connection, settings.waits)),
        sessions_(connection, session_handlers()),
        signals_(connection, getObject(), settings.rate) {
    registerAdaptor();
  }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  ~Object() { unregisterAdaptor(); }

  Result<> watch_callers() {
    leaving_ = TRY(connection_.subscribe(
        "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
        "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg2=''",
        [this](sdbus::Message& message) {
          std::string name;
          message >> name;
          if (name.starts_with(':'))
            forget(name);
        }));
    return {};
  }

  SignalSender& signals() { return signals_; }
  void end_session(std::uint64_t id) { sessions_.end(id); }

private:
  void forget(const std::string& name) {
    desk_->forget(name);
    sessions_.forget(name);
    signals_.remove(name);
  }

  template<class Then, class... Results>
  void begin(sdbus::Result<Results...>&& result, Then then) {
    desk_->take(sender_of(getObject()), std::move(result), std::move(then));
  }

  // `then`, where who calls may do it.
  template<class Call, class Then>
  void authorize(const Call& call, Action action, const Dictionary& options, Authorizer::Owns owns,
                 Then then) {
    const auto interactive = interactive_in(options);
    if (!interactive)
      return call.fail(invalid_args_name, "options: " + interactive.error());
    desk_->authorize(call, {action, *interactive, std::move(owns)}, std::move(then));
  }
  template<class Then, class... Results>
  void serve_reader(sdbus::Result<Results...>&& result, Then then) {
    begin(std::move(result), [&](const auto& call) {
      authorize(call, Action::Read, {}, {}, [call, then = std::move(then)] { then(call); });
    });
  }

  Authorizer::Owns owner_of(std::uint64_t id) {
    return [this, id](uid_t uid) {
      const auto owner = handlers_.owner_of(id);
      return owner && *owner != no_owner && *owner == uid;
    };
  }

  void ListSessions(sdbus::Result<std::vector<RowStruct>, std::uint64_t>&& result,
                    Dictionary filter, std::uint64_t after, std::uint32_t limit) override {
    begin(std::move(result), [&](const auto& call) {
      const auto wanted = filter_from(filter);
      if (!wanted)
        return call.fail({AgentRefusal::InvalidFilter, "filter: " + wanted.error()});
      if (limit > max_page)
        return call.fail(invalid_args_name, fmt::format("limit is more than {}", max_page));
      desk_->judge(
          call, {Action::Read, false, {}}, [this, call, wanted, after, limit](uid_t uid, bool all) {
            const auto page = handlers_.list(*wanted, all ? std::nullopt : std::optional(uid),
                                             after, limit == 0 ? max_page : limit);
            if (!page)
              return call.fail(page.error());
            call.give(structs_of<RowStruct>(page->sessions), page->next);
          });
    });
  }

  void GetSession(sdbus::Result<sdbus::ObjectPath>&& result, std::uint64_t id) override {
    begin(std::move(result), [this, id](const auto& call) {
      authorize(call, Action::Read, {}, owner_of(id), [this, call, id] {
        if (!handlers_.owner_of(id))
          return call.fail(no_such_session(id));
        const auto path = sessions_.admit(id, call.sender());
        if (!path)
          return call.fail({AgentRefusal::NotPossible, "its object cannot be made"});
        call.give(sdbus::ObjectPath(*path));
      });
    });
  }

  void QuerySocket(sdbus::Result<std::uint64_t, Dictionary>&& result,
                   sdbus::UnixFd socket) override {
    begin(std::move(result), [&](const auto& call) {
      const auto id = handlers_.find_socket(socket.get());
      if (!id)
        return call.fail(id.error());
      const auto details = handlers_.details(*id);
      if (!details)
        return call.fail(no_such_session(*id));
      call.give(*id, to_bus(*details));
    });
  }

  void TerminateSessions(sdbus::Result<std::vector<NotEndedStruct>>&& result,
                         std::vector<std::uint64_t> ids, Dictionary options) override {
    begin(std::move(result), [&](const auto& call) {
      if (ids.size() > max_ids)
        return call.fail(invalid_args_name, fmt::format("there are more than {} ids", max_ids));
      const auto owns_all = [this, ids](uid_t uid) {
        return std::ranges::all_of(ids, [&](std::uint64_t id) { return owner_of(id)(uid); });
      };
      authorize(call, Action::Terminate, options, owns_all, [this, call, ids] {
        call.give(structs_of<NotEndedStruct>(handlers_.terminate(ids)));
      });
    });
  }

  void RevalidateSessions(
      sdbus::Result<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>&& result,
      Dictionary options) override {
    begin(std::move(result), [&](const auto& call) {
      authorize(call, Action::Revalidate, options, {}, [this, call] {
        handlers_.revalidate_all([call](const AgentAnswer<RevalidationCounts>& counts) {
          if (!counts)
            return call.fail(counts.error());
          call.give(counts->judged, counts->revoked, counts->ended, counts->undecided);
        });
      });
    });
  }

  void TestPolicy(sdbus::Result<std::string, std::string, std::string, std::string>&& result,
                  Dictionary facts) override {
    serve_reader(std::move(result), [this, facts](const auto& call) {
      const auto question = question_from(facts);
      if (!question)
        return call.fail({AgentRefusal::InvalidFilter, "facts: " + question.error()});
      const auto answer = handlers_.test_policy(*question);
      if (!answer)
        return call.fail(answer.error());
      call.give(bus_text(answer->action), bus_text(answer->rule), bus_text(answer->profile),
                bus_text(answer->explanation));
    });
  }

  void TestMapping(
      sdbus::Result<std::string, std::uint32_t, std::string, std::string, std::string>&& result,
      Chain chain, std::string profile, Dictionary context) override {
    serve_reader(std::move(result), [this, chain, profile, context](const auto& call) {
      if (const auto refused = unfit(chain))
        return call.fail(invalid_args_name, refused->text);
      if (profile.size() > max_context_text)
        return call.fail(invalid_args_name, "the profile has too long a name");
      const auto its_context = context_from(context);
      if (!its_context)
        return call.fail(invalid_args_name, "context: " + its_context.error());
      handlers_.test_mapping(
          chain, profile, *its_context, [call](const AgentAnswer<MappingVerdict>& verdict) {
            if (!verdict)
              return call.fail(verdict.error());
            call.give(bus_text(verdict->user), verdict->uid, bus_text(verdict->strength),
                      bus_text(verdict->reason), bus_text(verdict->why));
          });
    });
  }

  void GetStatistics(sdbus::Result<std::vector<SampleStruct>>&& result) override {
    serve_reader(std::move(result), [this](const auto& call) {
      call.give(structs_of<SampleStruct>(handlers_.statistics()));
    });
  }

  void GetCredentials(sdbus::Result<std::vector<CredentialStruct>>&& result) override {
    serve_reader(std::move(result), [this](const auto& call) {
      call.give(structs_of<CredentialStruct>(handlers_.credentials()));
    });
  }

  void GetLogLevels(sdbus::Result<std::vector<LogLevelStruct>>&& result) override {
    serve_reader(std::move(result), [this](const auto& call) {
      call.give(structs_of<LogLevelStruct>(handlers_.log_levels()));
    });
  }

  void SetLogLevel(sdbus::Result<>&& result, std::string profile, std::string level,
                   Dictionary options) override {
    begin(std::move(result), [&](const auto& call) {
      if (profile.size() > max_context_text || level.size() > max_context_text)
        return call.fail(invalid_args_name, "the profile or the level has too long a name");
      authorize(call, Action::SetLogLevel, options, {}, [this, call, profile, level] {
        const auto wrong = handlers_.set_log_level(profile, level);
        wrong.empty() ? call.give() : call.fail(invalid_args_name, wrong);
      });
    });
  }

  void Reload(sdbus::Result<std::uint64_t, std::vector<std::string>>&& result,
              Dictionary options) override {
    begin(std::move(result), [&](const auto& call) {
      authorize(call, Action::Reload, options, {}, [this, call] {
        handlers_.reload([call](const ReloadAnswer& answer) {
          call.give(answer.generation, texts_of(answer.problems));
        });
      });
    });
  }

  void Subscribe(sdbus::Result<>&& result, Dictionary options) override {
    begin(std::move(result), [&](const auto& call) {
      authorize(call, Action::Monitor, options, {}, [this, call] {
        if (!signals_.add(call.sender()))
          return call.fail(
              {AgentRefusal::Busy, fmt::format("there are {} subscribers", max_subscribers)});
        call.give();
      });
    });
  }

  void Unsubscribe(sdbus::Result<>&& result) override {
    begin(std::move(result), [this](const auto& call) {
      signals_.remove(call.sender());
      call.give();
    });
  }

  std::string Version() override { return handlers_.status().version; }
  std::uint64_t Started() override { return handlers_.status().started_us; }
  std::uint64_t PolicyGeneration() override { return handlers_.status().policy_generation; }
  std::uint64_t PolicyLoaded() override { return handlers_.status().policy_loaded_us; }
  std::uint32_t Sessions() override { return handlers_.status().sessions; }
  std::uint32_t HandshakesInFlight() override { return handlers_.status().handshakes_in_flight; }
  std::uint32_t Workers() override { return handlers_.status().workers; }
  std::uint32_t KeyLoggedProfiles() override { return handlers_.status().key_logged_profiles; }
  std::vector<std::string> Features() override { return texts_of(handlers_.status().features); }

  // The methods of a session. `then` with the call, where who calls may do it.
  template<class Result, class Then>
  void serve_session(std::uint64_t id, sdbus::MethodCall&& message, Action action, Then then) {
    Dictionary options;
    if (action != Action::Read)
      message >> options;
    const auto sender = std::string(message.getSender());
    desk_->take(sender, Result(std::move(message)), [&](const auto& call) {
      authorize(call, action, options, owner_of(id), [this, call, id, then] {
        if (!handlers_.owner_of(id))
          return call.fail(no_such_session(id));
        then(call);
      });
    });
  }

  SessionObjects::Handlers session_handlers() {
    return {[this](std::uint64_t id) { return handlers_.details(id); },
            [this](std::uint64_t id, sdbus::MethodCall message) {
              terminate_session(id, std::move(message));
            },
            [this](std::uint64_t id, sdbus::MethodCall message) {
              rekey_session(id, std::move(message));
            },
            [this](std::uint64_t id, sdbus::MethodCall message) {
              revalidate_session(id, std::move(message));
            },
            [this](std::uint64_t id, sdbus::MethodCall message) {
              get_peer_certificates(id, std::move(message));
            }};
  }

  void terminate_session(std::uint64_t id, sdbus::MethodCall&& message) {
    serve_session<sdbus::Result<>>(id, std::move(message), Action::Terminate,
                                   [this, id](const auto& call) {
                                     const auto failed = handlers_.terminate({id});
                                     failed.empty() ? call.give() : call.fail(failed.front().why);
                                   });
  }

  void rekey_session(std::uint64_t id, sdbus::MethodCall&& message) {
    serve_session<sdbus::Result<>>(id, std::move(message), Action::Rekey,
                                   [this, id](const auto& call) {
                                     handlers_.rekey(id, [call](const AgentAnswer<>& answer) {
                                       answer ? call.give() : call.fail(answer.error());
                                     });
                                   });
  }

  void revalidate_session(std::uint64_t id, sdbus::MethodCall&& message) {
    serve_session<sdbus::Result<std::string>>(
        id, std::move(message), Action::Revalidate, [this, id](const auto& call) {
          handlers_.revalidate(id, [call](const AgentAnswer<std::string>& verdict) {
            verdict ? call.give(*verdict) : call.fail(verdict.error());
          });
        });
  }

  void get_peer_certificates(std::uint64_t id, sdbus::MethodCall&& message) {
    serve_session<sdbus::Result<Chain>>(
        id, std::move(message), Action::Read,
        [this, id](const auto& call) { call.give(handlers_.chain(id)); });
  }

  Connection& connection_;
  Handlers handlers_;
  std::shared_ptr<CallDesk> desk_;
  SessionObjects sessions_;
  SignalSender signals_;
  Connection::Subscription leaving_;
};

AgentService::AgentService(std::unique_ptr<Object> object) : object_(std::move(object)) {}
AgentService::~AgentService() = default;

Result<std::unique_ptr<AgentService>> AgentService::create(Connection& connection,
                                                           Handlers handlers, Settings settings) {
  try {
    std::unique_ptr<AgentService> made(
        new AgentService(std::make_unique<Object>(connection, std::move(handlers), settings)));
    TRY(made->object_->watch_callers());
    return made;
  } catch (const sdbus::Error& error) {
    return errno_error("serving " + std::string(agent_path) + ": " + error.getMessage(), EPROTO);
  }
}

Result<std::unique_ptr<AgentService>> AgentService::create(Connection& connection,
                                                           Handlers handlers) {
  return create(connection, std::move(handlers), Settings());
}

void AgentService::session_opened(const SessionDetails& details) {
  if (object_->signals().has_subscribers())
    object_->signals().send("SessionOpened", details.row.id, to_bus(details));
}

void AgentService::session_ended(std::uint64_t id, const std::string& cause) {
  object_->end_session(id);
  object_->signals().send("SessionEnded", id, bus_text(cause));
}

void AgentService::handshake_failed(const FailedHandshake& handshake) {
  if (object_->signals().has_subscribers())
    object_->signals().send("HandshakeFailed", bus_text(handshake.reason), bus_text(handshake.text),
                            to_bus(handshake));
}

void AgentService::policy_loaded(std::uint64_t generation) {
  object_->signals().send("PolicyLoaded", generation);
}

} // namespace ktls::bus
