// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/session_objects.hpp"

#include "bus/compatibility.hpp"
#include "bus/private_bus.hpp"

namespace ktls::bus {
namespace {

class SessionObjectsTest : public test::BusTest {
protected:
  std::unique_ptr<Connection> connection = connect();
  SessionObjects objects{
      *connection,
      {[](std::uint64_t) { return SessionDetails(); }, nullptr, nullptr, nullptr, nullptr}};
};

TEST_F(SessionObjectsTest, AreMadeOnce) {
  EXPECT_EQ(objects.admit(1, ":1.1"), "/org/ktlsctl/Agent1/session/1");
  EXPECT_EQ(objects.admit(1, ":1.1"), "/org/ktlsctl/Agent1/session/1");
  EXPECT_EQ(objects.admit(1, ":1.2"), "/org/ktlsctl/Agent1/session/1");

  EXPECT_EQ(objects.size(), 1U);
}

TEST_F(SessionObjectsTest, AreSoMany) {
  for (std::uint64_t id = 0; id <= SessionObjects::max_objects; ++id)
    EXPECT_TRUE(objects.admit(id, ":1.1"));
  EXPECT_EQ(objects.size(), SessionObjects::max_objects);

  // the oldest made room, and may be had again
  EXPECT_TRUE(objects.admit(0, ":1.1"));
  EXPECT_EQ(objects.size(), SessionObjects::max_objects);
  objects.forget(":1.1");
  EXPECT_EQ(objects.size(), SessionObjects::max_left);
}

TEST_F(SessionObjectsTest, HaveSoManyReaders) {
  for (std::size_t i = 0; i <= SessionObjects::max_readers; ++i)
    EXPECT_TRUE(objects.admit(1, ":1." + std::to_string(i)));

  objects.forget(":1.0"); // which is none of them any more
  objects.forget(":1.5");

  EXPECT_EQ(objects.size(), 1U);
}

TEST_F(SessionObjectsTest, GoWithTheirSessions) {
  EXPECT_TRUE(objects.admit(1, ":1.1"));
  EXPECT_TRUE(objects.admit(2, ":1.1"));

  objects.end(1);
  objects.end(1);
  objects.end(99);

  EXPECT_EQ(objects.size(), 1U);
  EXPECT_TRUE(loop.run_once(test::milliseconds(10)));
  EXPECT_TRUE(loop.run_once(test::milliseconds(10)));
  objects.forget(":1.1");
  EXPECT_EQ(objects.size(), 1U);
}

} // namespace
} // namespace ktls::bus
