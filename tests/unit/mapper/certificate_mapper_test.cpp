// SPDX-License-Identifier: GPL-2.0-or-later
// From source to source, to the account: who is asked, and who is not.
#include "mapper/certificate_mapper.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <security/pam_appl.h>

#include <future>
#include <map>

#include "base/file.hpp"
#include "bus/mapper1.hpp"
#include "tls/certificate.hpp"

namespace ktls {
namespace {

using bus::MapAnswer;
using bus::Refusal;
using std::chrono::milliseconds;
using std::chrono::seconds;

const std::string other_name = "org.example.Mapper";
const std::string third_name = "org.example.Third";

std::vector<std::uint8_t> certificate_of_client() {
  const auto pem = read_file(KTLS_TEST_DATA "/client.pem", 65536).value();
  const auto der = tls::certificates_from_pem(pem).value().front();
  const auto* first = reinterpret_cast<const std::uint8_t*>(der.data());
  return {first, first + der.size()};
}

std::string pin_of_client(const std::string& user) {
  const auto certificate = certificate_of_client();
  const auto spki = tls::spki_sha256(std::as_bytes(std::span(certificate))).value();
  std::string out = "key ";
  for (const unsigned byte : spki)
    out += fmt::format("{:02x}", byte);
  return out + " " + user + "\n";
}

class MapperTest : public testing::Test {
protected:
  MapperTest() {
    ports.sssd = [this](const auto&, auto, auto then) {
      asked.push_back("sssd");
      answer_later([this, then] { then(sssd_answer); });
    };
    ports.other_mapper = [this](const std::string& name, const auto&, const auto&, auto,
                                auto then) {
      asked.push_back(name);
      answer_later([this, name, then] { then(others.at(name)); });
    };
    ports.look_up = [this](const AccountName& wanted,
                           auto) -> tl::expected<AccountFacts, NoAccount> {
      wanted_account = wanted;
      if (!account)
        return tl::make_unexpected(account.error());
      auto facts = *account;
      facts.user = wanted.name.empty() ? "alice" : wanted.name;
      return facts;
    };
    ports.account_phase = [this](const AccountPhase::Question& question, auto, auto then) {
      asked.push_back("pam " + question.service + " " + question.user + " " +
                      question.remote_address);
      answer_later([this, then] { then(pam_answer); });
      return pam_has_room;
    };
    ports.log = [this](const Decision& decision) { decisions.push_back(decision); };
    AccountFacts facts;
    facts.uid = 1000;
    facts.groups = {"staff"};
    account = facts;
  }

  void answer_later(std::function<void()> answer) {
    if (silent)
      return;
    later.push_back(loop.on_time(loop.now(), std::move(answer)).value());
  }

  void configure(const std::string& toml, const std::string& pins = "") {
    const policy::SourceFile file{"mapd.toml", toml};
    auto mapping = identity::parse_mapping(
        std::span(&file, 1), [pins](const std::string&) -> Result<std::string> { return pins; });
    if (!mapping) {
      for (const auto& line : mapping.error().lines)
        ADD_FAILURE() << line;
      return;
    }
    mapper.emplace(loop, *pool, ports);
    mapper->put_in_force(std::make_shared<const identity::Mapping>(std::move(*mapping)));
  }
  void configure_all(const std::string& pins = "") {
    configure(
        "[mapd]\npins = [\"/pins\"]\n[sssd]\nenabled = true\ndomains = { corp = \"strong\" }\n"
        "[[mapper]]\nbus_name = \"org.example.Mapper\"\n"
        "[[mapper]]\nbus_name = \"org.example.Third\"\nstrength = \"strong\"\n",
        pins);
  }

  template<class Answer>
  Answer wait_for(const std::optional<Answer>& answer) {
    while (!answer)
      EXPECT_TRUE(loop.run_once(seconds(10)).value());
    return *answer;
  }
  MapAnswer map(const bus::Context& context = {},
                const bus::Chain& chain = {certificate_of_client()}) {
    std::optional<MapAnswer> got;
    mapper->map(chain, context, [&got](MapAnswer answer) { got = std::move(answer); });
    return wait_for(got);
  }
  bus::Refused refused(const bus::Context& context = {}) {
    const auto answer = map(context);
    EXPECT_FALSE(answer);
    return answer ? bus::Refused{} : answer.error();
  }

  static bus::MappedUser mapped(const std::string& user, std::uint32_t uid,
                                std::uint32_t strength) {
    return {user, uid, strength, {"", "its rule", "its attribute", {}}};
  }
  static MapAnswer refusal(Refusal refusal) {
    return tl::make_unexpected(bus::Refused{refusal, "its reason"});
  }

  EventLoop loop = EventLoop::create().value();
  std::unique_ptr<TaskPool> pool = TaskPool::create(loop, 1, 4).value();
  MapperPorts ports;
  std::optional<CertificateMapper> mapper;
  std::vector<EventSource> later;
  bool silent = false;
  bool pam_has_room = true;

  bus::SssdAnswer sssd_answer = bus::SssdNobody{};
  std::map<std::string, MapAnswer> others{{other_name, refusal(Refusal::NotMapped)},
                                          {third_name, refusal(Refusal::NotMapped)}};
  AccountPhase::Answer pam_answer = PAM_SUCCESS;
  tl::expected<AccountFacts, NoAccount> account;

  std::vector<std::string> asked;
  AccountName wanted_account;
  std::vector<Decision> decisions;
};

TEST_F(MapperTest, AsksNobodyElseWhereAPinDecides) {
  configure_all(pin_of_client("alice"));

  const auto answer = map();

  ASSERT_TRUE(answer) << answer.error().text;
  EXPECT_EQ(answer->user, "alice");
  EXPECT_EQ(answer->uid, 1000U);
  EXPECT_EQ(answer->strength, 2U);
  EXPECT_EQ(answer->evidence.source, "pin");
  EXPECT_EQ(answer->evidence.rule, "/pins:1");
  EXPECT_EQ(answer->evidence.groups, std::vector<std::string>{"staff"});
  EXPECT_TRUE(asked.empty());
  EXPECT_EQ(wanted_account.name, "alice");
  EXPECT_FALSE(wanted_account.uid);
}

TEST_F(MapperTest, GoesOnFromSourceToSource) {
  configure_all();

  const auto answer = refused();

  EXPECT_EQ(answer.refusal, Refusal::NotMapped);
  EXPECT_EQ(asked, (std::vector<std::string>{"sssd", other_name, third_name}));
}

TEST_F(MapperTest, StopsAtADenial) {
  configure_all(pin_of_client("!deny"));

  EXPECT_EQ(refused().refusal, Refusal::Denied);
  EXPECT_TRUE(asked.empty());
}

TEST_F(MapperTest, TakesSssdsUserWithTheStrengthOfItsDomain) {
  configure_all();
  sssd_answer = bus::SssdUser{"alice@corp", 1000, "corp"};
  auto answer = map();
  ASSERT_TRUE(answer) << answer.error().text;
  EXPECT_EQ(answer->user, "alice@corp");
  EXPECT_EQ(answer->strength, 2U);
  EXPECT_EQ(answer->evidence.source, "sssd");
  EXPECT_EQ(answer->evidence.rule, "domain corp");
  // the same user, here as there
  EXPECT_EQ(wanted_account.uid, 1000U);

  sssd_answer = bus::SssdUser{"alice", 1000, "other"};
  answer = map();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->strength, 1U);
}

TEST_F(MapperTest, NeverGoesOnFromWhatSssdCannotSay) {
  configure_all();

  sssd_answer = tl::make_unexpected(std::string("no answer"));
  EXPECT_EQ(refused().refusal, Refusal::Unavailable);
  sssd_answer = bus::SssdSeveral{};
  EXPECT_EQ(refused().refusal, Refusal::Ambiguous);
  sssd_answer = bus::SssdUser{"a:b", 1000, "corp"};
  EXPECT_EQ(refused().refusal, Refusal::Unavailable);

  EXPECT_EQ(asked, (std::vector<std::string>{"sssd", "sssd", "sssd"}));
}

TEST_F(MapperTest, CapsTheStrengthOfAnotherMapper) {
  configure_all();

  others[other_name] = mapped("alice", 1000, 2); // weak at most
  EXPECT_EQ(map()->strength, 1U);
  others[other_name] = refusal(Refusal::NotMapped);
  others[third_name] = mapped("alice", 1000, 2);
  EXPECT_EQ(map()->strength, 2U);
  others[third_name] = mapped("alice", 1000, 1);
  EXPECT_EQ(map()->strength, 1U);
}

TEST_F(MapperTest, NeverGoesOnFromWhatAnotherMapperRefuses) {
  configure_all();
  const std::map<Refusal, Refusal> expected{{Refusal::Denied, Refusal::Denied},
                                            {Refusal::Ambiguous, Refusal::Ambiguous},
                                            {Refusal::UserUnknown, Refusal::Unavailable},
                                            {Refusal::UserRevoked, Refusal::Unavailable},
                                            {Refusal::Unavailable, Refusal::Unavailable},
                                            {Refusal::Busy, Refusal::Unavailable},
                                            {Refusal::CertificateInvalid, Refusal::Unavailable}};
  for (const auto& [theirs, ours] : expected) {
    asked.clear();
    others[other_name] = refusal(theirs);

    const auto answer = refused();

    EXPECT_EQ(answer.refusal, ours) << name_of(theirs);
    EXPECT_EQ(answer.text, "org.example.Mapper: its reason");
    EXPECT_EQ(asked, (std::vector<std::string>{"sssd", other_name}));
  }
}

TEST_F(MapperTest, RefusesByTheAccount) {
  configure_all(pin_of_client("alice"));
  account->shadow = ShadowFacts{false, -1, -1, -1, 1};
  EXPECT_EQ(refused().refusal, Refusal::UserRevoked);

  account = tl::make_unexpected(NoAccount{AccountState::NoUser, false, "no such user"});
  EXPECT_EQ(refused().refusal, Refusal::UserUnknown);
  account = tl::make_unexpected(NoAccount{AccountState::Unavailable, false, "no answer"});
  EXPECT_EQ(refused().refusal, Refusal::Unavailable);
  account = tl::make_unexpected(NoAccount{AccountState::Unavailable, true, "two users"});
  EXPECT_EQ(refused().refusal, Refusal::Ambiguous);
  AccountFacts unknown;
  unknown.uid = 1000;
  unknown.unknown = {"userdb: no answer"};
  account = unknown;
  EXPECT_EQ(refused().refusal, Refusal::Unavailable);
  AccountFacts of_the_system;
  of_the_system.uid = 33;
  account = of_the_system;
  const auto answer = refused();
  EXPECT_EQ(answer.refusal, Refusal::Denied);
  EXPECT_EQ(answer.text, "mapped to 'alice' by pin /pins:1, but 'alice' is a user of the system "
                         "(uid 33), and not in system_users");
}

TEST_F(MapperTest, AsksPamWhereItIsConfigured) {
  configure("[mapd]\npins = [\"/pins\"]\n[accounts]\npam_service = \"ktlsd\"\n",
            pin_of_client("alice"));
  bus::Context context;
  context.remote_address = "192.0.2.1";

  EXPECT_TRUE(map(context));
  EXPECT_EQ(asked, std::vector<std::string>{"pam ktlsd alice 192.0.2.1"});

  pam_answer = PAM_ACCT_EXPIRED;
  EXPECT_EQ(refused().refusal, Refusal::UserRevoked);
  pam_answer = tl::make_unexpected(std::string("PAM: no answer"));
  EXPECT_EQ(refused().refusal, Refusal::Unavailable);
  pam_has_room = false;
  EXPECT_EQ(refused().refusal, Refusal::Busy);
}

TEST_F(MapperTest, DoesNotAskPamAboutWhatIsRevokedAlready) {
  configure("[mapd]\npins = [\"/pins\"]\n[accounts]\npam_service = \"ktlsd\"\n",
            pin_of_client("alice"));
  account->shadow = ShadowFacts{false, -1, -1, -1, 1};

  EXPECT_EQ(refused().refusal, Refusal::UserRevoked);
  EXPECT_TRUE(asked.empty());
}

TEST_F(MapperTest, AnswersByTheDeadline) {
  configure_all();
  silent = true;
  bus::Context context;
  context.deadline = std::chrono::steady_clock::now() + milliseconds(20);

  const auto answer = refused(context);

  EXPECT_EQ(answer.refusal, Refusal::Unavailable);
  EXPECT_EQ(answer.text, "it took too long to find out whose it is");
}

TEST_F(MapperTest, DropsWhatComesAfterTheDeadline) {
  configure_all();
  std::function<void(bus::SssdAnswer)> late;
  ports.sssd = [&late](const auto&, auto, auto then) { late = then; };
  configure_all();
  bus::Context context;
  context.deadline = std::chrono::steady_clock::now() + milliseconds(20);
  EXPECT_EQ(refused(context).refusal, Refusal::Unavailable);

  late(bus::SssdUser{"alice", 1000, "corp"});

  EXPECT_FALSE(loop.run_once(milliseconds(20)).value());
  EXPECT_EQ(decisions.size(), 1U);
}

TEST_F(MapperTest, IsBusyWhenTheThreadsAre) {
  configure_all();
  std::promise<void> release;
  ports.look_up = [released = release.get_future().share()](
                      const auto&, auto) -> tl::expected<AccountFacts, NoAccount> {
    released.wait();
    return tl::make_unexpected(NoAccount{});
  };
  configure_all(pin_of_client("alice"));
  bus::Context context;
  context.deadline = std::chrono::steady_clock::now() + milliseconds(20);

  EXPECT_EQ(refused(context).refusal, Refusal::Unavailable); // it hangs
  EXPECT_EQ(refused().refusal, Refusal::Busy);

  release.set_value();
}

TEST_F(MapperTest, RefusesWhatIsNoCertificate) {
  configure_all();

  const auto answer = map({}, {{1, 2, 3}});

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().refusal, Refusal::CertificateInvalid);
  ASSERT_EQ(decisions.size(), 1U);
  EXPECT_EQ(decisions[0].certificate_sha256, "");
}

TEST_F(MapperTest, LogsEachDecision) {
  configure_all(pin_of_client("alice"));
  bus::Context context;
  context.rule = "nfs\n";

  EXPECT_TRUE(map(context));

  ASSERT_EQ(decisions.size(), 1U);
  EXPECT_EQ(decisions[0].answer->user, "alice");
  EXPECT_EQ(decisions[0].subject, "CN=client,O=Tests");
  EXPECT_EQ(decisions[0].certificate_sha256.size(), 64U);
  EXPECT_EQ(decisions[0].rule, "nfs\\x0a");
}

TEST_F(MapperTest, TellsEachStepOfATestAndLogsNone) {
  configure_all();
  others[other_name] = mapped("alice", 1000, 2);
  account->shadow = ShadowFacts{false, -1, -1, -1, 1};
  std::optional<bus::TestAnswer> got;
  mapper->test({certificate_of_client()}, {},
               [&got](const bus::TestAnswer& answer) { got = answer; });

  const auto tested = wait_for(got);

  ASSERT_TRUE(tested);
  std::vector<std::string> steps;
  for (const auto& step : tested->steps)
    steps.push_back(fmt::format("{} {} {}", step.source, step.result, step.strength));
  EXPECT_EQ(steps, (std::vector<std::string>{"pin 2 0", "filter 6 0", "extension 6 0", "sssd 2 0",
                                             "org.example.Mapper 1 1", "account 4 0"}));
  ASSERT_FALSE(tested->answer);
  EXPECT_EQ(tested->answer.error().refusal, Refusal::UserRevoked);
  EXPECT_TRUE(decisions.empty());
}

TEST_F(MapperTest, ChecksAnAccountByItsUid) {
  configure_all();
  account->shadow = ShadowFacts{false, -1, -1, -1, 5};
  std::optional<bus::AccountAnswer> got;
  mapper->check_account(1000, [&got](const bus::AccountAnswer& answer) { got = answer; });

  const auto answer = wait_for(got);

  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->state, AccountState::Expired);
  EXPECT_EQ(answer->user, "alice");
  EXPECT_EQ(answer->groups, std::vector<std::string>{"staff"});
  EXPECT_EQ(wanted_account.name, "");
  EXPECT_EQ(wanted_account.uid, 1000U);
}

TEST_F(MapperTest, KeepsWhatACallBeganWith) {
  configure_all(pin_of_client("alice"));
  std::optional<MapAnswer> got;
  mapper->map({certificate_of_client()}, {}, [&got](MapAnswer answer) { got = std::move(answer); });
  const auto before = mapper->in_force().text();

  auto empty = identity::parse_mapping({}, nullptr).value();
  mapper->put_in_force(std::make_shared<const identity::Mapping>(std::move(empty)));

  EXPECT_NE(mapper->in_force().text(), before);
  EXPECT_TRUE(wait_for(got));
  EXPECT_EQ(refused().refusal, Refusal::NotMapped);
}

} // namespace
} // namespace ktls
