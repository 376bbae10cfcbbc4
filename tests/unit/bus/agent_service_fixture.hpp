// SPDX-License-Identifier: GPL-2.0-or-later
// An AgentService on a bus of the test's own, with two sessions, and those who ask it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bus/agent1_codec.hpp"
#include "bus/agent_service.hpp"
#include "bus/fake_polkit.hpp"
#include "bus/private_bus.hpp"

namespace ktls::bus::test {

class AgentServiceTest : public BusTest {
protected:
  static constexpr uid_t outsider = 65534;
  static constexpr std::uint64_t of_outsider = 7;
  static constexpr std::uint64_t of_kernel = 8;

  AgentServiceTest() {
    sessions[of_outsider].row.uid = outsider;
    sessions[of_kernel].row.uid = no_owner;
    for (auto& [id, details] : sessions) {
      details.row.id = id;
      details.row.remote = "192.0.2.1:443";
      details.resumed = true;
    }
    EXPECT_TRUE(server->request_name(agent_name));
  }

  AgentService::Handlers handlers() {
    AgentService::Handlers out;
    out.list = [this](const SessionFilter& filter, std::optional<uid_t> only_owner,
                      std::uint64_t after, std::uint32_t limit) -> AgentAnswer<SessionPage> {
      last_filter = filter;
      last_only_owner = only_owner;
      last_limit = limit;
      return SessionPage{{sessions.at(of_outsider).row}, after + 1};
    };
    out.owner_of = [this](std::uint64_t id) -> std::optional<uid_t> {
      const auto found = sessions.find(id);
      return found == sessions.end() ? std::nullopt : std::optional(found->second.row.uid);
    };
    out.details = [this](std::uint64_t id) -> std::optional<SessionDetails> {
      const auto found = sessions.find(id);
      return found == sessions.end() ? std::nullopt : std::optional(found->second);
    };
    out.find_socket = [](int fd) -> AgentAnswer<std::uint64_t> {
      if (::lseek(fd, 0, SEEK_CUR) < 0)
        return of_kernel;
      return tl::make_unexpected(AgentRefused{AgentRefusal::NotASocket, "a file"});
    };
    out.terminate = [this](const std::vector<std::uint64_t>& ids) { return terminate(ids); };
    out.rekey = [this](std::uint64_t id, auto done) {
      rekeyed.push_back(id);
      held.push_back(done);
    };
    out.revalidate_all = [](auto done) { done(RevalidationCounts{4, 3, 2, 1}); };
    out.revalidate = [](std::uint64_t, auto done) { done(std::string("revoked")); };
    out.chain = [](std::uint64_t id) { return Chain{{static_cast<std::uint8_t>(id)}, {2}}; };
    out.test_policy = [](const PolicyQuestion& question) -> AgentAnswer<PolicyAnswer> {
      return PolicyAnswer{"profile", "r", question.unit.value_or("none"), "because"};
    };
    out.test_mapping = [](const Chain& chain, const std::string& profile, const Context& context,
                          auto done) {
      done(MappingVerdict{profile, static_cast<std::uint32_t>(chain.size()), context.rule, "", ""});
    };
    out.statistics = [] { return std::vector{Sample{"a", {{"b", "c"}}, 0.5}}; };
    out.credentials = [] {
      return std::vector{CredentialRow{"n", "f", "p", "s\xff", "i", "h", "k", -1, 2}};
    };
    out.log_levels = [] { return std::vector{LogLevelRow{"p", "debug", "info", "/keys"}}; };
    out.set_log_level = [this](const std::string& profile, const std::string& level) {
      if (profile != "p")
        return std::string("profile: there is no such");
      last_level = level;
      return std::string();
    };
    out.reload = [](auto done) { done(ReloadAnswer{3, {"file:1: bad"}}); };
    out.status = [] { return AgentStatus{"1.0", 1, 2, 3, 4, 5, 6, {"tls 1.3"}}; };
    return out;
  }

  std::vector<NotEnded> terminate(const std::vector<std::uint64_t>& ids) {
    std::vector<NotEnded> failed;
    for (const auto id : ids) {
      if (sessions.erase(id) == 0)
        failed.push_back({id, {AgentRefusal::NoSuchSession, "gone"}});
      else
        service->session_ended(id, "terminated");
    }
    return failed;
  }

  std::unique_ptr<Connection> connect_outsider() {
    EXPECT_EQ(::seteuid(outsider), 0) << "this test is for root";
    auto made = connect();
    EXPECT_EQ(::seteuid(0), 0);
    return made;
  }
  FakePolkit& start_polkit(FakePolkit::Answer answer) {
    polkit = std::make_unique<FakePolkit>(connect(), answer);
    return *polkit;
  }

  using Write = std::function<void(sdbus::MethodCall&)>;
  using Read = std::function<void(sdbus::MethodReply&)>;
  void begin(Connection& from, const Method& method, const Write& write, const Read& read) {
    from.call(method, seconds(10), write,
              {read, [this] { ++replies; },
               [this](const Failure& why) {
                 ++replies;
                 failures.push_back(why);
               }});
  }
  // The name of the error; empty: there is an answer.
  std::string call(Connection& from, const Method& method, const Write& write, const Read& read) {
    failures.clear();
    const int before = replies;
    begin(from, method, write, read);
    run_until([this, before] { return replies > before; });
    return failures.empty() ? "" : failures.back().name;
  }
  static Method manager(const char* method) {
    return {agent_name, agent_path, manager_interface, method};
  }
  static Method session(std::uint64_t id, const char* method) {
    return {agent_name, std::string(agent_path) + "/session/" + std::to_string(id),
            session_interface, method};
  }

  std::string list(Connection& from, const Dictionary& filter = {}, std::uint32_t limit = 0) {
    return call(
        from, manager("ListSessions"),
        [&](sdbus::MethodCall& message) { message << filter << std::uint64_t{0} << limit; },
        [this](sdbus::MethodReply& reply) { reply >> rows >> next; });
  }
  std::string get_session(Connection& from, std::uint64_t id) {
    return call(
        from, manager("GetSession"), [id](sdbus::MethodCall& message) { message << id; },
        [this](sdbus::MethodReply& reply) { reply >> path; });
  }
  std::string get_all(Connection& from, std::uint64_t id) {
    auto method = session(id, "GetAll");
    properties.clear();
    method.interface = "org.freedesktop.DBus.Properties";
    return call(
        from, method, [](sdbus::MethodCall& message) { message << std::string(session_interface); },
        [this](sdbus::MethodReply& reply) { reply >> properties; });
  }
  std::string get_property(Connection& from, std::uint64_t id, const std::string& name) {
    auto method = session(id, "Get");
    property = sdbus::Variant();
    method.interface = "org.freedesktop.DBus.Properties";
    return call(
        from, method,
        [&](sdbus::MethodCall& message) { message << std::string(session_interface) << name; },
        [this](sdbus::MethodReply& reply) { reply >> property; });
  }
  std::string call_with_options(Connection& from, const Method& method,
                                const Dictionary& options = {}) {
    return call(
        from, method, [&](sdbus::MethodCall& message) { message << options; },
        [](sdbus::MethodReply&) {});
  }
  std::string terminate_all(Connection& from, const std::vector<std::uint64_t>& ids,
                            const Dictionary& options = {}) {
    return call(
        from, manager("TerminateSessions"),
        [&](sdbus::MethodCall& message) { message << ids << options; },
        [this](sdbus::MethodReply& reply) { reply >> not_ended; });
  }

  std::map<std::uint64_t, SessionDetails> sessions{{of_outsider, {}}, {of_kernel, {}}};
  std::unique_ptr<Connection> server = connect();
  // none of it waits for long
  std::unique_ptr<AgentService> service =
      AgentService::create(*server, handlers(),
                           {{milliseconds(300), milliseconds(100)}, {20, 50, 5}})
          .value();
  std::unique_ptr<Connection> root = connect();
  std::unique_ptr<Connection> other = connect_outsider();
  std::unique_ptr<FakePolkit> polkit;

  std::optional<SessionFilter> last_filter;
  std::optional<uid_t> last_only_owner;
  std::uint32_t last_limit = 0;
  std::string last_level;
  std::vector<std::uint64_t> rekeyed;
  std::vector<std::function<void(AgentAnswer<>)>> held;

  int replies = 0;
  std::vector<Failure> failures;
  std::vector<RowStruct> rows;
  std::uint64_t next = 0;
  sdbus::ObjectPath path;
  Dictionary properties;
  sdbus::Variant property;
  std::vector<NotEndedStruct> not_ended;
};

} // namespace ktls::bus::test
