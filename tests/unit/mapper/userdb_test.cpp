// SPDX-License-Identifier: GPL-2.0-or-later
#include "mapper/userdb.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <thread>

#include "base/fd.hpp"

namespace ktls {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

std::string record(const std::string& members) {
  return R"({"parameters":{"record":{"userName":"alice")" + members + R"(},"incomplete":true}})";
}

std::optional<UserdbFacts> facts_in(const std::string& answer) {
  auto read = read_user_record(answer);
  EXPECT_TRUE(read) << answer;
  return read.value_or(std::nullopt);
}

TEST(UserRecord, MayHoldNothingOfInterest) {
  const auto facts = facts_in(record(""));

  ASSERT_TRUE(facts);
  EXPECT_FALSE(facts->locked);
  EXPECT_FALSE(facts->not_before);
  EXPECT_FALSE(facts->not_after);
}

TEST(UserRecord, HoldsLockAndTimes) {
  const auto facts =
      facts_in(record(R"(,"locked":true,"notBeforeUSec":5,"notAfterUSec":18446744073709551615)"));

  ASSERT_TRUE(facts);
  EXPECT_TRUE(facts->locked);
  EXPECT_EQ(facts->not_before, microseconds(5));
  EXPECT_EQ(facts->not_after, microseconds::max());
}

TEST(UserRecord, TakesTheStrictestOfItsSections) {
  const auto facts = facts_in(record(
      R"(,"notAfterUSec":9,"notBeforeUSec":3,"perMachine":[{"locked":true,"notAfterUSec":7},)"
      R"({"locked":false,"notAfterUSec":8,"notBeforeUSec":2}])"));

  ASSERT_TRUE(facts);
  EXPECT_TRUE(facts->locked);
  EXPECT_EQ(facts->not_before, microseconds(3));
  EXPECT_EQ(facts->not_after, microseconds(7));
}

TEST(UserRecord, MayBeMissing) {
  EXPECT_FALSE(facts_in(R"({"error":"io.systemd.UserDatabase.NoRecordFound","parameters":{}})"));
}

TEST(UserRecord, IsUnknownAfterAnyOtherError) {
  for (const char* error :
       {"io.systemd.UserDatabase.ServiceNotAvailable", "io.systemd.UserDatabase.BadService",
        "io.systemd.UserDatabase.NonMatchingRecordFound", "NoRecordFound", ""})
    EXPECT_FALSE(read_user_record(std::string(R"({"error":")") + error + R"("})")) << error;
}

TEST(UserRecord, IsRefusedWhereItIsNotWhatItShouldBe) {
  for (const auto& answer :
       {std::string(), std::string("[]"), std::string("{"), std::string("{}"),
        std::string(R"({"error":7})"), std::string(R"({"parameters":7})"),
        std::string(R"({"parameters":[{"record":{}}]})"), std::string(R"({"parameters":{}})"),
        std::string(R"({"parameters":{"record":7}})"), record(R"(,"locked":"true")"),
        record(R"(,"notAfterUSec":-1)"), record(R"(,"notAfterUSec":1.5)"),
        record(R"(,"notBeforeUSec":"5")"), record(R"(,"perMachine":{})"),
        record(R"(,"perMachine":[7])"), record(R"(,"perMachine":[{"locked":1}])"),
        std::string(100'000, '[')})
    EXPECT_FALSE(read_user_record(answer)) << answer.substr(0, 100);
}

// A service that answers one question with this, or, without an answer, not at all.
class Service {
public:
  explicit Service(std::optional<std::string> answer)
      : path_("/tmp/ktls-userdb-test." + std::to_string(::getpid())),
        listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::ranges::copy(path_, std::begin(address.sun_path));
    ::unlink(path_.c_str());
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_.get(), 1), 0);
    thread_ = std::thread([this, answer = std::move(answer)] { serve(answer); });
  }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  ~Service() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
    ::unlink(path_.c_str());
  }

  [[nodiscard]] const std::string& path() const { return path_; }
  std::string request;

private:
  void serve(const std::optional<std::string>& answer) {
    const Fd peer(::accept(listener_.get(), nullptr, nullptr));
    char c = 0;
    while (::recv(peer.get(), &c, 1, 0) == 1 && c != '\0')
      request += c;
    if (answer)
      (void)::send(peer.get(), answer->data(), answer->size(), MSG_NOSIGNAL);
    else
      (void)::recv(peer.get(), &c, 1, 0); // until the other gives up
  }

  std::string path_;
  Fd listener_;
  std::thread thread_;
};

steady_clock::time_point in(steady_clock::duration time) {
  return steady_clock::now() + time;
}

TEST(Userdb, IsAskedForNameAndUidTogether) {
  std::string request;
  std::optional<UserdbFacts> facts;
  {
    Service service(record(R"(,"locked":true)") + '\0');
    facts = userdb_of("alice", 1000, in(seconds(10)), service.path()).value();
    request = service.request;
  }

  ASSERT_TRUE(facts);
  EXPECT_TRUE(facts->locked);
  EXPECT_EQ(request, R"({"method":"io.systemd.UserDatabase.GetUserRecord","parameters":)"
                     R"({"service":"io.systemd.Multiplexer","uid":1000,"userName":"alice"}})");
}

TEST(Userdb, NeedNotBeThere) {
  const auto facts = userdb_of("alice", 1000, in(seconds(10)), "/nonexistent/socket");

  ASSERT_TRUE(facts);
  EXPECT_FALSE(*facts);
}

TEST(Userdb, IsUnknownWhenNobodyListens) {
  std::string path;
  {
    const Service service("");
    path = service.path();
    EXPECT_FALSE(userdb_of("alice", 1000, in(seconds(10)), path)); // it closes the connection
  }
  const Fd bound(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(path, std::begin(address.sun_path));
  ASSERT_EQ(::bind(bound.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);

  EXPECT_FALSE(userdb_of("alice", 1000, in(seconds(10)), path));

  ::unlink(path.c_str());
}

TEST(Userdb, IsNotWaitedForBeyondTheDeadline) {
  const Service service(std::nullopt);

  const auto facts = userdb_of("alice", 1000, in(milliseconds(20)), service.path());

  ASSERT_FALSE(facts);
  EXPECT_EQ(facts.error().code, std::errc::timed_out);
}

TEST(Userdb, IsNotReadBeyondTheLimit) {
  const Service service(std::string(2 * max_user_record, ' '));

  const auto facts = userdb_of("alice", 1000, in(seconds(10)), service.path());

  ASSERT_FALSE(facts);
  EXPECT_EQ(facts.error().code, std::errc::message_size);
}

} // namespace
} // namespace ktls
