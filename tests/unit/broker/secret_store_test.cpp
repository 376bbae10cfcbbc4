// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/secret_store.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include "base/secret.hpp"

namespace ktls {
namespace {

std::vector<std::byte> secret_of(std::uint8_t byte, std::size_t size = 32) {
  return std::vector<std::byte>(size, std::byte(byte));
}

class SecretStoreTest : public testing::Test {
protected:
  void add(std::uint64_t cookie, std::uint8_t byte, std::size_t size = 32) {
    const auto send = secret_of(byte, size);
    const auto receive = secret_of(static_cast<std::uint8_t>(byte + 1), size);
    store.add(cookie, {send, receive});
  }
  static bool holds(const SecretStore& which, std::uint64_t cookie, std::uint8_t byte,
                    std::size_t size = 32) {
    const auto send = which.find(cookie, Direction::Transmit);
    const auto receive = which.find(cookie, Direction::Receive);
    return send && receive && std::ranges::equal(*send, secret_of(byte, size)) &&
           std::ranges::equal(*receive, secret_of(static_cast<std::uint8_t>(byte + 1), size));
  }
  // What the next process is given.
  [[nodiscard]] std::vector<Inherited> hand_over() const {
    std::vector<Inherited> out;
    for (const auto& held : kept)
      out.push_back({held.name, Fd(::fcntl(held.fd.get(), F_DUPFD_CLOEXEC, 0))});
    return out;
  }
  SecretStore::Keep keep() {
    return [this](const std::string& name, int fd) {
      kept.push_back({name, Fd(::fcntl(fd, F_DUPFD_CLOEXEC, 0))});
      return true;
    };
  }
  std::vector<Inherited> kept;
  SecretStore store{keep()};
};

TEST_F(SecretStoreTest, KnowsWhatItWasGiven) {
  add(7, 1);
  add(8, 3, 48);

  EXPECT_TRUE(holds(store, 7, 1));
  EXPECT_TRUE(holds(store, 8, 3, 48));
  EXPECT_FALSE(store.find(9, Direction::Transmit));
  EXPECT_EQ(store.size(), 2U);
}

TEST_F(SecretStoreTest, ReplacesWhatHasTheSameCookie) {
  add(7, 1);
  add(7, 5, 48);

  EXPECT_TRUE(holds(store, 7, 5, 48));
  EXPECT_EQ(store.size(), 1U);
}

TEST_F(SecretStoreTest, ForgetsTheOldOneOfACookieThatComesWithout) {
  add(7, 1);
  store.add(7, {});

  EXPECT_FALSE(store.find(7, Direction::Transmit));
}

TEST_F(SecretStoreTest, TakesNoSecretsOfOtherSizes) {
  const auto good = secret_of(1);
  const auto odd = secret_of(1, 20);
  const auto longer = secret_of(1, 48);
  store.add(1, {odd, odd});
  store.add(2, {good, longer});
  store.add(3, {{}, good});

  EXPECT_EQ(store.size(), 0U);
}

TEST_F(SecretStoreTest, CountsWhatIsReplaced) {
  add(7, 1);
  store.replace(7, Direction::Transmit, secret_of(9));
  store.replace(7, Direction::Receive, secret_of(10));
  store.replace(7, Direction::Receive, secret_of(10));

  EXPECT_TRUE(holds(store, 7, 9));
  EXPECT_EQ(store.replaced(7), 3U);
  EXPECT_EQ(store.replaced(8), 0U);
}

TEST_F(SecretStoreTest, GrowsByMemories) {
  for (std::uint64_t cookie = 1; cookie <= SecretStore::slots_each + 1; ++cookie)
    add(cookie, 1);

  EXPECT_EQ(store.size(), SecretStore::slots_each + 1);
  EXPECT_TRUE(holds(store, SecretStore::slots_each + 1, 1));
}

TEST_F(SecretStoreTest, UsesAPlaceAgain) {
  for (std::uint64_t cookie = 1; cookie <= 3 * SecretStore::slots_each; ++cookie) {
    add(cookie, 1);
    store.remove(cookie);
  }

  EXPECT_EQ(store.size(), 0U);
  EXPECT_LE(kept.size(), 1U);
}

TEST_F(SecretStoreTest, IsThereForTheNextProcess) {
  add(7, 1);
  add(8, 3, 48);
  store.replace(8, Direction::Transmit, secret_of(3, 48));
  store.remove(7);

  SecretStore next{keep()};
  next.begin(hand_over());

  EXPECT_FALSE(next.find(7, Direction::Transmit));
  EXPECT_TRUE(holds(next, 8, 3, 48));
  EXPECT_EQ(next.replaced(8), 1U);
}

TEST_F(SecretStoreTest, NamesEachMemoryAnew) {
  add(7, 1);
  SecretStore next{keep()};
  next.begin(hand_over());
  for (std::uint64_t cookie = 10; kept.size() < 2; ++cookie)
    next.add(cookie, {secret_of(1), secret_of(2)});

  EXPECT_EQ(kept.at(0).name, "secrets-1");
  EXPECT_EQ(kept.at(1).name, "secrets-2");
}

TEST_F(SecretStoreTest, KeepsOnlyWhatIsStillOpen) {
  add(7, 1);
  add(8, 1);
  store.keep_only([](std::uint64_t cookie) { return cookie == 8; });

  EXPECT_FALSE(store.find(7, Direction::Transmit));
  EXPECT_TRUE(store.find(8, Direction::Transmit));
}

TEST_F(SecretStoreTest, PassesOverMemoryOfAnotherLayout) {
  Fd other(::memfd_create("other", MFD_CLOEXEC));
  ASSERT_EQ(::ftruncate(other.get(), (SecretStore::slots_each + 1) * 128), 0);
  std::vector<Inherited> memories;
  memories.push_back({"secrets-3", std::move(other)});
  memories.push_back({"secrets-4", Fd(::memfd_create("short", MFD_CLOEXEC))});
  store.begin(std::move(memories));

  EXPECT_EQ(store.size(), 0U);
}

// A slot as this version writes it, in memory that a test can write to.
class WrittenMemory {
public:
  void put(std::size_t slot, std::uint64_t cookie, std::uint32_t size) {
    const auto at = static_cast<off_t>(slot * 128);
    ASSERT_EQ(::pwrite(fd_.get(), &cookie, sizeof cookie, at), 8);
    ASSERT_EQ(::pwrite(fd_.get(), &size, sizeof size, at + 8), 4);
  }
  std::vector<Inherited> hand_over() {
    std::vector<Inherited> out;
    out.push_back({"secrets-1", Fd(::fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0))});
    return out;
  }
  std::uint64_t cookie_of(std::size_t slot) {
    std::uint64_t cookie = 0;
    EXPECT_EQ(::pread(fd_.get(), &cookie, sizeof cookie, static_cast<off_t>(slot * 128)), 8);
    return cookie;
  }

private:
  static Fd make() {
    Fd fd(::memfd_create("secrets", MFD_CLOEXEC));
    EXPECT_EQ(::ftruncate(fd.get(), (SecretStore::slots_each + 1) * 128), 0);
    return fd;
  }
  Fd fd_ = make();
};

TEST_F(SecretStoreTest, WipesWhatIsDamaged) {
  WrittenMemory memory;
  memory.put(0, 0x6b746c7373656331, 0);
  memory.put(1, 7, 32);
  memory.put(2, 8, 33);
  memory.put(3, 9, 4000);
  memory.put(4, 7, 48); // again
  store.begin(memory.hand_over());

  EXPECT_TRUE(store.find(7, Direction::Transmit));
  EXPECT_EQ(store.size(), 1U);
  EXPECT_EQ(memory.cookie_of(2), 0U);
  EXPECT_EQ(memory.cookie_of(3), 0U);
  EXPECT_EQ(memory.cookie_of(4), 0U);
}

} // namespace
} // namespace ktls
