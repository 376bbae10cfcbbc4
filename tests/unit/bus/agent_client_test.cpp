// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/agent_client.hpp"

#include "bus/agent_service_fixture.hpp"

namespace ktls::bus {
namespace {

using std::chrono::seconds;

class AgentClientTest : public test::AgentServiceTest {
protected:
  // What `question` is answered with.
  template<class T>
  Asked<T> asked(const std::function<void(AgentClient&, AgentClient::Then<T>)>& question) {
    std::optional<Asked<T>> answer;
    question(client, [&answer](Asked<T> got) { answer = std::move(got); });
    run_until([&answer] { return answer.has_value(); });
    return std::move(*answer);
  }
  Asked<SessionPage> listed(const SessionFilter& filter) {
    return asked<SessionPage>(
        [&](auto& to, auto then) { to.list(filter, 5, 10, std::move(then)); });
  }
  Asked<SessionDetails> detailed(std::uint64_t id) {
    return asked<SessionDetails>([id](auto& to, auto then) { to.details(id, std::move(then)); });
  }
  void follow() {
    EXPECT_TRUE(client.follow(
        [this](const AgentEvent& event) { events.push_back(event); },
        [this](const Asked<AgentClient::Done>& got) { subscribed.push_back(got.has_value()); }));
    run_until([this] { return !subscribed.empty(); });
  }

  AgentClient client{*root, seconds(10), false};
  std::vector<AgentEvent> events;
  std::vector<bool> subscribed;
};

TEST_F(AgentClientTest, ListsSessions) {
  SessionFilter filter;
  filter.user = "alice";
  filter.remote_port = 443;

  const auto page = listed(filter);

  ASSERT_TRUE(page);
  ASSERT_EQ(page->sessions.size(), 1U);
  EXPECT_EQ(page->sessions[0].id, of_outsider);
  EXPECT_EQ(page->sessions[0].remote, "192.0.2.1:443");
  EXPECT_EQ(page->next, 6U);
  EXPECT_EQ(last_filter->user, "alice");
  EXPECT_EQ(last_filter->remote_port, 443);
  EXPECT_EQ(last_limit, 10U);
}

TEST_F(AgentClientTest, TellsWhatIsWrongWithAFilter) {
  SessionFilter filter;
  filter.local = "nowhere";

  EXPECT_EQ(listed(filter).error().name, error_name(AgentRefusal::InvalidFilter));
}

TEST_F(AgentClientTest, HasAllDetailsOfASession) {
  const auto details = detailed(of_kernel);

  ASSERT_TRUE(details) << details.error().name;
  EXPECT_EQ(details->row.id, of_kernel);
  EXPECT_EQ(details->row.remote, "192.0.2.1:443");
  EXPECT_TRUE(details->resumed);
}

TEST_F(AgentClientTest, KnowsWhenThereIsNoSuchSession) {
  EXPECT_EQ(detailed(99).error().name, error_name(AgentRefusal::NoSuchSession));
}

TEST_F(AgentClientTest, HasThePeersCertificates) {
  const auto chain =
      asked<Chain>([](auto& to, auto then) { to.chain(of_kernel, std::move(then)); });

  ASSERT_TRUE(chain);
  EXPECT_EQ(*chain, (Chain{{8}, {2}}));
}

TEST_F(AgentClientTest, AsksForTheSessionOfASocket) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const Fd one(ends[0]);
  const Fd other_end(ends[1]);

  const auto details =
      asked<SessionDetails>([&](auto& to, auto then) { to.query(one.get(), std::move(then)); });

  ASSERT_TRUE(details) << details.error().name;
  EXPECT_EQ(details->row.id, of_kernel);
}

TEST_F(AgentClientTest, TellsWhichSessionsDidNotEnd) {
  const auto failed = asked<std::vector<NotEnded>>([](auto& to, auto then) {
    to.terminate({of_kernel, 99}, std::move(then));
  });

  ASSERT_TRUE(failed);
  ASSERT_EQ(failed->size(), 1U);
  EXPECT_EQ(failed->front().id, 99U);
  EXPECT_EQ(failed->front().why.refusal, AgentRefusal::NoSuchSession);
  EXPECT_FALSE(sessions.contains(of_kernel));
}

TEST_F(AgentClientTest, WaitsForTheEndOfARekey) {
  std::optional<Asked<AgentClient::Done>> answer;
  client.rekey(of_kernel, [&](Asked<AgentClient::Done> got) { answer = std::move(got); });
  run_until([this] { return !held.empty(); });
  EXPECT_FALSE(answer);

  held.front()(tl::make_unexpected(AgentRefused{AgentRefusal::NotPossible, "an old kernel"}));
  run_until([&] { return answer.has_value(); });

  EXPECT_EQ(rekeyed, std::vector<std::uint64_t>{of_kernel});
  EXPECT_EQ(answer->error().name, error_name(AgentRefusal::NotPossible));
  EXPECT_EQ(answer->error().text, "an old kernel");
}

TEST_F(AgentClientTest, HasSessionsJudgedAnew) {
  const auto verdict =
      asked<std::string>([](auto& to, auto then) { to.revalidate(of_kernel, std::move(then)); });
  const auto counts = asked<RevalidationCounts>(
      [](auto& to, auto then) { to.revalidate(seconds(10), std::move(then)); });

  EXPECT_EQ(verdict.value(), "revoked");
  ASSERT_TRUE(counts);
  EXPECT_EQ(counts->judged, 4U);
  EXPECT_EQ(counts->revoked, 3U);
  EXPECT_EQ(counts->ended, 2U);
  EXPECT_EQ(counts->undecided, 1U);
}

TEST_F(AgentClientTest, HasWhatTheAgentTellsOfItself) {
  const auto status = asked<AgentStatus>([](auto& to, auto then) { to.status(std::move(then)); });
  const auto samples =
      asked<std::vector<Sample>>([](auto& to, auto then) { to.statistics(std::move(then)); });
  const auto credentials = asked<std::vector<CredentialRow>>(
      [](auto& to, auto then) { to.credentials(std::move(then)); });

  ASSERT_TRUE(status) << status.error().name << status.error().text;
  EXPECT_EQ(status->version, "1.0");
  EXPECT_EQ(status->started_us, 1U);
  EXPECT_EQ(status->policy_generation, 2U);
  EXPECT_EQ(status->policy_loaded_us, 3U);
  EXPECT_EQ(status->sessions, 4U);
  EXPECT_EQ(status->handshakes_in_flight, 5U);
  EXPECT_EQ(status->workers, 6U);
  EXPECT_EQ(status->features, std::vector<std::string>{"tls 1.3"});
  ASSERT_TRUE(samples);
  EXPECT_EQ(samples->front().labels.at("b"), "c");
  ASSERT_TRUE(credentials);
  EXPECT_EQ(credentials->front().not_before_us, -1);
}

TEST_F(AgentClientTest, AsksForLogLevelsAndSetsThem) {
  const auto levels =
      asked<std::vector<LogLevelRow>>([](auto& to, auto then) { to.log_levels(std::move(then)); });
  const auto set = [this](const std::string& profile) {
    return asked<AgentClient::Done>([&](auto& to, auto then) {
      to.set_log_level(profile, std::string(default_log_level), std::move(then));
    });
  };

  ASSERT_TRUE(levels);
  EXPECT_EQ(levels->front().profile, "p");
  EXPECT_EQ(levels->front().level, "debug");
  EXPECT_EQ(levels->front().by_policy, "info");
  EXPECT_EQ(levels->front().key_log_file, "/keys");
  EXPECT_TRUE(set("p"));
  EXPECT_EQ(last_level, "default");
  EXPECT_FALSE(set("q"));
}

TEST_F(AgentClientTest, FollowsWhatHappens) {
  follow();

  service->session_opened(sessions.at(of_kernel));
  service->session_ended(of_outsider, "closed");
  FailedHandshake failed;
  failed.reason = "timeout";
  failed.text = "too slow";
  failed.remote = "192.0.2.9:1";
  service->handshake_failed(failed);
  service->policy_loaded(5);
  run_until([this] { return events.size() == 4; });

  EXPECT_EQ(std::get<OpenedEvent>(events[0]).details.row.id, of_kernel);
  EXPECT_EQ(std::get<EndedEvent>(events[1]).cause, "closed");
  EXPECT_EQ(std::get<FailedHandshake>(events[2]).reason, "timeout");
  EXPECT_EQ(std::get<FailedHandshake>(events[2]).remote, "192.0.2.9:1");
  EXPECT_EQ(std::get<PolicyEvent>(events[3]).generation, 5U);
}

TEST_F(AgentClientTest, BelievesNobodyElseWhatHappens) {
  follow();
  auto liar = sdbus::createObject(other->raw(), Path(agent_path));
  auto signal = make_signal(*liar, manager_interface, "PolicyLoaded");
  signal << std::uint64_t{666};
  liar->emitSignal(signal);
  other->flush();

  service->policy_loaded(5);
  // when there is an answer, whatever it is, the bus has long passed on what the liar sent before
  EXPECT_NE(get_session(*other, 99), "");
  service->policy_loaded(6);
  run_until([this] { return events.size() >= 2; });

  EXPECT_EQ(std::get<PolicyEvent>(events[0]).generation, 5U);
  EXPECT_EQ(std::get<PolicyEvent>(events[1]).generation, 6U);
}

TEST_F(AgentClientTest, FollowsAnAgentThatComesAnew) {
  follow();
  ASSERT_TRUE(subscribed.front());

  service.reset();
  server.reset();
  run_until([this] { return !subscribed.back(); });
  server = connect();
  service = AgentService::create(*server, handlers()).value();
  ASSERT_TRUE(server->request_name(agent_name));
  run_until([this] { return subscribed.back(); });
  service->policy_loaded(7);
  run_until([this] { return !events.empty(); });

  EXPECT_EQ(std::get<PolicyEvent>(events.front()).generation, 7U);
}

TEST_F(AgentClientTest, SaysThatThereIsNoAgent) {
  service.reset();
  server.reset();

  const auto status = asked<AgentStatus>([](auto& to, auto then) { to.status(std::move(then)); });

  EXPECT_EQ(status.error().name, "org.freedesktop.DBus.Error.ServiceUnknown");
}

TEST_F(AgentClientTest, MakesErrorsFitToBePrinted) {
  std::optional<Asked<AgentClient::Done>> answer;
  client.rekey(of_kernel, [&](Asked<AgentClient::Done> got) { answer = std::move(got); });
  run_until([this] { return !held.empty(); });

  held.front()(tl::make_unexpected(AgentRefused{AgentRefusal::NotPossible, "a\x1b[2J"}));
  run_until([&] { return answer.has_value(); });

  EXPECT_EQ(answer->error().text, "a\\x1b[2J");
}

} // namespace
} // namespace ktls::bus
