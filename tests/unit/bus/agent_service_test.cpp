// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/agent_service.hpp"

#include <sys/socket.h>

#include <filesystem>
#include <regex>
#include <set>
#include <sstream>

#include "bus/agent_service_fixture.hpp"
#include "bus/context_dictionary.hpp"

namespace ktls::bus {
namespace {

using test::FakePolkit;

constexpr const char* denied = "org.freedesktop.DBus.Error.AccessDenied";
constexpr const char* bad_arguments = "org.freedesktop.DBus.Error.InvalidArgs";
constexpr const char* no_object = "org.freedesktop.DBus.Error.UnknownObject";
constexpr const char* no_session = "org.ktlsctl.Agent1.Error.NoSuchSession";
constexpr const char* busy = "org.ktlsctl.Agent1.Error.Busy";

class AgentServiceTest : public test::AgentServiceTest {
protected:
  static Dictionary one_fact(const char* key, const std::string& text) {
    return {{key, sdbus::Variant(text)}};
  }
};

TEST_F(AgentServiceTest, ListsAllSessionsForRoot) {
  EXPECT_EQ(list(*root, {{"Uid", sdbus::Variant(std::uint32_t{5})}}, 10), "");

  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(from_bus(rows[0]).remote, "192.0.2.1:443");
  EXPECT_EQ(next, 1U);
  EXPECT_EQ(last_filter->uid, 5U);
  EXPECT_EQ(last_limit, 10U);
  EXPECT_FALSE(last_only_owner);
}

TEST_F(AgentServiceTest, ListsTheirOwnSessionsForOthers) {
  EXPECT_EQ(list(*other), "");
  EXPECT_EQ(last_only_owner, outsider);
  EXPECT_EQ(last_limit, max_page);

  start_polkit(FakePolkit::Answer::No);
  EXPECT_EQ(list(*other), "");
  EXPECT_EQ(last_only_owner, outsider);
  polkit->answer = FakePolkit::Answer::None;
  EXPECT_EQ(list(*other), "");
  EXPECT_EQ(last_only_owner, outsider);
}

TEST_F(AgentServiceTest, ListsAllSessionsForThoseWhomPolkitLetsRead) {
  start_polkit(FakePolkit::Answer::Yes);

  EXPECT_EQ(list(*other), "");

  EXPECT_FALSE(last_only_owner);
  ASSERT_EQ(polkit->asked.size(), 1U);
  EXPECT_EQ(polkit->asked[0].action, "org.ktlsctl.agent1.read");
  EXPECT_EQ(polkit->asked[0].flags, 0U);
}

TEST_F(AgentServiceTest, NamesTheKeyOfABadFilter) {
  const Dictionary unknown{{"Colour", sdbus::Variant(true)}};
  const Dictionary of_another_type{{"Uid", sdbus::Variant(std::string("5"))}};
  const Dictionary of_no_use{{"Origin", sdbus::Variant(std::string("moon"))}};

  for (const auto& [filter, text] : {std::pair(unknown, "filter: there is no key Colour"),
                                     std::pair(of_another_type, "filter: Uid is not of type u"),
                                     std::pair(of_no_use, "filter: Origin cannot be moon")}) {
    EXPECT_EQ(list(*root, filter), "org.ktlsctl.Agent1.Error.InvalidFilter");
    EXPECT_EQ(failures.back().text, text);
  }
  EXPECT_EQ(list(*root, {}, max_page + 1), bad_arguments);
  EXPECT_FALSE(last_filter);
}

TEST_F(AgentServiceTest, ShowsASessionToWhoHasAskedForIt) {
  EXPECT_EQ(get_session(*root, of_kernel), "");
  EXPECT_EQ(path, "/org/ktlsctl/Agent1/session/8");

  EXPECT_EQ(get_all(*root, of_kernel), "");
  EXPECT_EQ(properties.size(), 35U);
  EXPECT_EQ(details_from(properties).row.remote, "192.0.2.1:443");
  EXPECT_EQ(get_property(*root, of_kernel, "Resumed"), "");
  EXPECT_TRUE(property.get<bool>());
  sessions[of_kernel].rekeys = 5;
  EXPECT_EQ(get_property(*root, of_kernel, "Rekeys"), "");
  EXPECT_EQ(property.get<std::uint32_t>(), 5U);
}

TEST_F(AgentServiceTest, ShowsASessionToNobodyElse) {
  EXPECT_EQ(get_session(*root, of_kernel), "");

  EXPECT_EQ(get_all(*other, of_kernel), denied);
  EXPECT_EQ(get_property(*other, of_kernel, "Remote"), denied);
  EXPECT_EQ(get_session(*other, of_kernel), denied);
  EXPECT_EQ(get_property(*other, of_kernel, "Remote"), denied);
  EXPECT_EQ(get_session(*other, 99), denied); // whether there is one is not told
  EXPECT_EQ(get_session(*root, 99), no_session);
}

TEST_F(AgentServiceTest, LetsAnOwnerDoAllWithItsSession) {
  start_polkit(FakePolkit::Answer::No);
  EXPECT_EQ(get_session(*other, of_outsider), "");
  EXPECT_EQ(get_all(*other, of_outsider), "");
  EXPECT_EQ(call_with_options(*other, session(of_outsider, "Revalidate")), "");
  EXPECT_EQ(call(
                *other, session(of_outsider, "GetPeerCertificates"), [](sdbus::MethodCall&) {},
                [](sdbus::MethodReply& reply) {
                  Chain chain;
                  reply >> chain;
                  EXPECT_EQ(chain, (Chain{{7}, {2}}));
                }),
            "");
  EXPECT_EQ(call_with_options(*other, session(of_outsider, "Terminate")), "");

  EXPECT_TRUE(polkit->asked.empty());
  EXPECT_FALSE(sessions.contains(of_outsider));
}

TEST_F(AgentServiceTest, LetsNobodyDoAnythingWithASessionOfOthers) {
  EXPECT_EQ(get_session(*root, of_kernel), "");
  start_polkit(FakePolkit::Answer::No);

  for (const char* method : {"Terminate", "Rekey", "Revalidate"})
    EXPECT_EQ(call_with_options(*other, session(of_kernel, method)), denied) << method;
  EXPECT_EQ(call(
                *other, session(of_kernel, "GetPeerCertificates"), [](sdbus::MethodCall&) {},
                [](sdbus::MethodReply&) {}),
            denied);
  ASSERT_EQ(polkit->asked.size(), 4U);
  EXPECT_EQ(polkit->asked[1].action, "org.ktlsctl.agent1.rekey");
  EXPECT_TRUE(rekeyed.empty());
  EXPECT_TRUE(sessions.contains(of_kernel));
}

TEST_F(AgentServiceTest, AnswersARekeyWhenItIsDone) {
  EXPECT_EQ(get_session(*root, of_kernel), "");
  begin(
      *root, session(of_kernel, "Rekey"),
      [](sdbus::MethodCall& message) { message << Dictionary(); }, [](sdbus::MethodReply&) {});
  run_until([this] { return !held.empty(); });
  const int before = replies;

  held[0](tl::make_unexpected(AgentRefused{AgentRefusal::NotPossible, "no keys\xff"}));
  held[0]({}); // only the first counts
  run_until([this, before] { return replies > before; });

  EXPECT_EQ(failures.back().name, "org.ktlsctl.Agent1.Error.NotPossible");
  EXPECT_EQ(failures.back().text, "no keys\\xff");
}

TEST_F(AgentServiceTest, AsksPolkitForWhatOthersDo) {
  start_polkit(FakePolkit::Answer::Yes);

  EXPECT_EQ(call_with_options(*other, manager("Reload"), options_of(true)), "");
  EXPECT_EQ(call_with_options(*other, manager("RevalidateSessions")), "");
  EXPECT_EQ(call_with_options(*other, manager("Subscribe")), "");

  ASSERT_EQ(polkit->asked.size(), 3U);
  EXPECT_EQ(polkit->asked[0].action, "org.ktlsctl.agent1.reload");
  EXPECT_EQ(polkit->asked[0].flags, 1U);
  EXPECT_EQ(polkit->asked[1].action, "org.ktlsctl.agent1.revalidate");
  EXPECT_EQ(polkit->asked[1].flags, 0U);
  EXPECT_EQ(polkit->asked[2].action, "org.ktlsctl.agent1.monitor");
  EXPECT_NE(polkit->asked[0].cancellation, polkit->asked[1].cancellation);
}

TEST_F(AgentServiceTest, RefusesWithoutPolkit) {
  for (const char* method : {"Reload", "RevalidateSessions", "Subscribe"})
    EXPECT_EQ(call_with_options(*other, manager(method), options_of(true)), denied) << method;
  EXPECT_EQ(failures.back().text, "org.ktlsctl.agent1.monitor is not allowed");
  for (const char* method : {"GetStatistics", "GetCredentials", "GetLogLevels"})
    EXPECT_EQ(call(
                  *other, manager(method), [](sdbus::MethodCall&) {}, [](sdbus::MethodReply&) {}),
              denied)
        << method;
}

TEST_F(AgentServiceTest, TakesAHangingPolkitForANo) {
  start_polkit(FakePolkit::Answer::None);

  EXPECT_EQ(call_with_options(*other, manager("Reload")), denied);

  run_until([this] { return !polkit->cancelled.empty(); });
  EXPECT_EQ(polkit->cancelled[0], polkit->asked[0].cancellation);
}

TEST_F(AgentServiceTest, RefusesOptionsThatItDoesNotKnow) {
  EXPECT_EQ(call_with_options(*root, manager("Reload"), {{"Force", sdbus::Variant(true)}}),
            bad_arguments);
  EXPECT_EQ(failures.back().text, "options: there is no key Force");
}

TEST_F(AgentServiceTest, EndsSessionsOfTheirOwnerAlone) {
  EXPECT_EQ(terminate_all(*other, {of_outsider, of_kernel}), denied);
  EXPECT_EQ(sessions.size(), 2U);

  EXPECT_EQ(terminate_all(*other, {of_outsider}), "");
  EXPECT_TRUE(not_ended.empty());
  EXPECT_FALSE(sessions.contains(of_outsider));
}

TEST_F(AgentServiceTest, TellsWhichSessionsGoOn) {
  EXPECT_EQ(terminate_all(*root, {99, of_kernel}), "");

  ASSERT_EQ(not_ended.size(), 1U);
  EXPECT_EQ(from_bus(not_ended[0]).id, 99U);
  EXPECT_EQ(from_bus(not_ended[0]).why.refusal, AgentRefusal::NoSuchSession);
  EXPECT_EQ(terminate_all(*root, std::vector<std::uint64_t>(max_ids + 1, 1)), bad_arguments);
}

TEST_F(AgentServiceTest, RemovesTheObjectOfASessionThatEnds) {
  EXPECT_EQ(get_session(*root, of_kernel), "");
  EXPECT_EQ(call_with_options(*root, session(of_kernel, "Terminate")), "");

  EXPECT_EQ(get_all(*root, of_kernel), no_object);
  EXPECT_EQ(call_with_options(*root, session(of_kernel, "Terminate")), no_object);
}

TEST_F(AgentServiceTest, ForgetsWhoWasAdmittedWhenItLeaves) {
  EXPECT_EQ(get_session(*other, of_outsider), "");
  other = connect_outsider();

  EXPECT_EQ(get_all(*other, of_outsider), denied);
  EXPECT_EQ(call_with_options(*other, session(of_outsider, "Revalidate")), "");
}

TEST_F(AgentServiceTest, FindsTheSessionOfASocket) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  const Fd ours(ends[0]);
  const Fd theirs(ends[1]);
  const auto query = [this](int fd) {
    return call(
        *other, manager("QuerySocket"),
        [fd](sdbus::MethodCall& message) { message << sdbus::UnixFd(fd); },
        [this](sdbus::MethodReply& reply) { reply >> next >> properties; });
  };

  EXPECT_EQ(query(ours.get()), "");
  EXPECT_EQ(next, of_kernel);
  EXPECT_EQ(details_from(properties).row.id, of_kernel);
  const Fd file(::open("/proc/self/status", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(query(file.get()), "org.ktlsctl.Agent1.Error.NotASocket");
  sessions.clear();
  EXPECT_EQ(query(ours.get()), no_session);
}

TEST_F(AgentServiceTest, TestsThePolicy) {
  std::string action;
  std::string rule;
  std::string profile;
  std::string explanation;
  const auto test = [&](const Dictionary& facts) {
    return call(
        *root, manager("TestPolicy"), [&](sdbus::MethodCall& message) { message << facts; },
        [&](sdbus::MethodReply& reply) { reply >> action >> rule >> profile >> explanation; });
  };

  EXPECT_EQ(test(one_fact("Unit", "a.service")), "");
  EXPECT_EQ(action, "profile");
  EXPECT_EQ(profile, "a.service");
  EXPECT_EQ(explanation, "because");
  EXPECT_EQ(test(one_fact("Moon", "full")), "org.ktlsctl.Agent1.Error.InvalidFilter");
  EXPECT_EQ(failures.back().text, "facts: there is no key Moon");
}

TEST_F(AgentServiceTest, TestsAMapping) {
  MappingVerdict verdict;
  const auto test = [&](const Chain& chain, const std::string& profile, const Dictionary& context) {
    return call(
        *root, manager("TestMapping"),
        [&](sdbus::MethodCall& message) { message << chain << profile << context; },
        [&](sdbus::MethodReply& reply) {
          reply >> verdict.user >> verdict.uid >> verdict.strength >> verdict.reason >> verdict.why;
        });
  };

  EXPECT_EQ(test({{1}, {2}}, "p", one_fact("Rule", "strong")), "");
  EXPECT_EQ(verdict.user, "p");
  EXPECT_EQ(verdict.uid, 2U);
  EXPECT_EQ(verdict.strength, "strong");
  EXPECT_EQ(test({}, "p", {}), bad_arguments);
  EXPECT_EQ(test({{1}}, std::string(max_context_text + 1, 'p'), {}), bad_arguments);
  EXPECT_EQ(test({{1}}, "p", {{"Rule", sdbus::Variant(true)}}), bad_arguments);
  EXPECT_EQ(failures.back().text, "context: Rule is not of type s");
}

TEST_F(AgentServiceTest, AnswersWhatElseIsAsked) {
  std::vector<SampleStruct> samples;
  std::vector<CredentialStruct> credentials;
  std::uint64_t generation = 0;
  std::vector<std::string> problems;
  std::array<std::uint32_t, 4> counts{};

  EXPECT_EQ(call(
                *root, manager("GetStatistics"), [](sdbus::MethodCall&) {},
                [&](sdbus::MethodReply& reply) { reply >> samples; }),
            "");
  EXPECT_EQ(call(
                *root, manager("GetCredentials"), [](sdbus::MethodCall&) {},
                [&](sdbus::MethodReply& reply) { reply >> credentials; }),
            "");
  EXPECT_EQ(call(
                *root, manager("Reload"),
                [](sdbus::MethodCall& message) { message << Dictionary(); },
                [&](sdbus::MethodReply& reply) { reply >> generation >> problems; }),
            "");
  EXPECT_EQ(call(
                *root, manager("RevalidateSessions"),
                [](sdbus::MethodCall& message) { message << Dictionary(); },
                [&](sdbus::MethodReply& reply) {
                  reply >> counts[0] >> counts[1] >> counts[2] >> counts[3];
                }),
            "");

  EXPECT_EQ(from_bus(samples.at(0)).labels.at("b"), "c");
  EXPECT_EQ(from_bus(credentials.at(0)).subject, "s\\xff");
  EXPECT_EQ(generation, 3U);
  EXPECT_EQ(problems, std::vector<std::string>{"file:1: bad"});
  EXPECT_EQ(counts, (std::array<std::uint32_t, 4>{4, 3, 2, 1}));
}

TEST_F(AgentServiceTest, SetsLogLevelsForWhoMay) {
  const auto set = [this](Connection& from, const std::string& profile) {
    return call(
        from, manager("SetLogLevel"),
        [&](sdbus::MethodCall& message) {
          message << profile << std::string("debug") << Dictionary();
        },
        [](sdbus::MethodReply&) {});
  };

  EXPECT_EQ(set(*other, "p"), denied);
  EXPECT_EQ(last_level, "");
  EXPECT_EQ(set(*root, "p"), "");
  EXPECT_EQ(last_level, "debug");
  EXPECT_EQ(set(*root, "q"), bad_arguments);
  EXPECT_EQ(failures.back().text, "profile: there is no such");
  EXPECT_EQ(set(*root, std::string(max_context_text + 1, 'p')), bad_arguments);
  auto& polkit_of_test = start_polkit(FakePolkit::Answer::Yes);
  EXPECT_EQ(set(*other, "p"), "");
  EXPECT_EQ(polkit_of_test.asked.back().action, "org.ktlsctl.agent1.set-log-level");
}

TEST_F(AgentServiceTest, ShowsItsOwnStateToEverybody) {
  EXPECT_EQ(call(
                *other, {agent_name, agent_path, "org.freedesktop.DBus.Properties", "GetAll"},
                [](sdbus::MethodCall& message) { message << std::string(manager_interface); },
                [this](sdbus::MethodReply& reply) { reply >> properties; }),
            "");

  EXPECT_EQ(properties.at("Version").get<std::string>(), "1.0");
  EXPECT_EQ(properties.at("PolicyLoaded").get<std::uint64_t>(), 3U);
  EXPECT_EQ(properties.at("Workers").get<std::uint32_t>(), 6U);
  EXPECT_EQ(properties.at("Features").get<std::vector<std::string>>().at(0), "tls 1.3");
}

// Polkit hangs, and who calls leaves the bus and comes again: others' questions still have room.
TEST_F(AgentServiceTest, CountsTheQuestionsOfThoseWhoHaveLeft) {
  auto& polkit_of_test = start_polkit(FakePolkit::Answer::None);
  const auto ask = [this](Connection& from) {
    begin(
        from, manager("Reload"), [](sdbus::MethodCall& message) { message << options_of(true); },
        [](sdbus::MethodReply&) {});
  };
  const auto busy_answers = [this] {
    return std::ranges::count_if(failures, [](const auto& why) { return why.name == busy; });
  };
  auto leaves = connect_outsider();
  for (std::size_t i = 0; i < max_calls_of_one; ++i)
    ask(*leaves);
  run_until([&] { return polkit_of_test.asked.size() == max_calls_of_one; });
  leaves.reset();
  run_until([&] { return polkit_of_test.cancelled.size() == max_calls_of_one; });

  ask(*other);

  run_until([&] { return busy_answers() == 1; });
  EXPECT_EQ(polkit_of_test.asked.size(), max_calls_of_one);
}

TEST_F(AgentServiceTest, IsBusyForWhoCallsTooMuch) {
  start_polkit(FakePolkit::Answer::None);
  const auto flood = [this](Connection& from, std::size_t calls) {
    for (std::size_t i = 0; i < calls; ++i)
      begin(
          from, manager("Reload"), [](sdbus::MethodCall& message) { message << options_of(true); },
          [](sdbus::MethodReply&) {});
  };
  const auto busy_answers = [this] {
    return std::ranges::count_if(failures, [](const auto& why) { return why.name == busy; });
  };

  flood(*other, max_calls_of_one + 2);
  run_until([&] { return busy_answers() == 2; });
  // another connection of the same user does not help it
  const auto second = connect_outsider();
  flood(*second, 1);
  run_until([&] { return busy_answers() == 3; });
  // others are not held up
  EXPECT_EQ(list(*root), "");
  // who leaves frees its places when polkit has given up on it
  polkit->gives_up = true;
  other.reset();
  run_until([this] { return polkit->cancelled.size() >= max_calls_of_one; });
  EXPECT_EQ(list(*root), "");
  flood(*second, 1);
  run_until([this] { return polkit->asked.size() == max_calls_of_one + 1; });
}

TEST_F(AgentServiceTest, SurvivesAnswersThatComeTooLate) {
  EXPECT_EQ(get_session(*other, of_outsider), "");
  begin(
      *other, session(of_outsider, "Rekey"),
      [](sdbus::MethodCall& message) { message << Dictionary(); }, [](sdbus::MethodReply&) {});
  run_until([this] { return !held.empty(); });
  service.reset();
  server.reset();

  held[0]({});

  EXPECT_EQ(replies, 1);
}

// What an interface's description says: properties, methods and arguments, in no order.
std::multiset<std::string> described(const std::string& xml, const std::string& interface) {
  const auto begin = xml.find("<interface name=\"" + interface + "\"");
  const auto text = xml.substr(begin, xml.find("</interface>", begin) - begin);
  const std::regex element("<(property|method|signal|arg) [^>]*>");
  const std::regex attribute("(name|type|access|direction)=\"[^\"]*\"");
  std::multiset<std::string> out;
  for (std::sregex_iterator at(text.begin(), text.end(), element), end; at != end; ++at) {
    const auto tag = at->str();
    std::set<std::string> attributes;
    for (std::sregex_iterator its(tag.begin(), tag.end(), attribute); its != end; ++its)
      attributes.insert(its->str());
    std::string line = (*at)[1];
    for (const auto& each : attributes)
      line += " " + each;
    out.insert(line);
  }
  return out;
}

TEST_F(AgentServiceTest, IsWhatItsDescriptionSays) {
  const auto folder = std::filesystem::path(__FILE__).parent_path() / "../../../agent/bus";
  const auto introspect = [this](const std::string& at) {
    std::string xml;
    EXPECT_EQ(call(
                  *root, {agent_name, at, "org.freedesktop.DBus.Introspectable", "Introspect"},
                  [](sdbus::MethodCall&) {}, [&](sdbus::MethodReply& reply) { reply >> xml; }),
              "");
    return xml;
  };
  const auto file = [&](const char* name) {
    std::ostringstream text;
    text << std::ifstream(folder / name).rdbuf();
    return text.str();
  };
  EXPECT_EQ(get_session(*root, of_kernel), "");

  EXPECT_EQ(described(introspect(agent_path), manager_interface),
            described(file("org.ktlsctl.Agent1.xml"), manager_interface));
  EXPECT_EQ(described(introspect(path), session_interface),
            described(file("org.ktlsctl.Agent1.Session.xml"), session_interface));
}

} // namespace
} // namespace ktls::bus
