// SPDX-License-Identifier: GPL-2.0-or-later
#include "ipc/sealed_memory.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <string_view>

#include "support/sockets.hpp"

namespace ktls::ipc {
namespace {

constexpr std::string_view text = "public data only";
const std::vector<std::byte> content(std::as_bytes(std::span(text)).begin(),
                                     std::as_bytes(std::span(text)).end());

Fd memory_with_seals(int seals) {
  Fd fd(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  EXPECT_EQ(::write(fd.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  EXPECT_EQ(::fcntl(fd.get(), F_ADD_SEALS, seals), 0);
  return fd;
}

TEST(SealedMemory, GivesBackWhatWasPutIn) {
  const auto memory = make_sealed_memory(content);

  ASSERT_TRUE(memory);
  EXPECT_EQ(read_sealed_memory(memory->get(), 1000), content);
  EXPECT_EQ(read_sealed_memory(memory->get(), 1000), content) << "again";
  EXPECT_EQ(::fcntl(memory->get(), F_GETFD), FD_CLOEXEC);
}

TEST(SealedMemory, MayBeEmpty) {
  const auto memory = make_sealed_memory({});

  ASSERT_TRUE(memory);
  EXPECT_EQ(read_sealed_memory(memory->get(), 1000), std::vector<std::byte>{});
}

TEST(SealedMemory, CannotBeChanged) {
  const auto memory = make_sealed_memory(content);

  ASSERT_TRUE(memory);
  EXPECT_LT(::pwrite(memory->get(), "x", 1, 0), 0);
  EXPECT_LT(::ftruncate(memory->get(), 1), 0);
  EXPECT_LT(::ftruncate(memory->get(), 1000), 0);
  EXPECT_LT(::fcntl(memory->get(), F_ADD_SEALS, F_SEAL_FUTURE_WRITE), 0);
}

TEST(SealedMemory, KeepsItsLimit) {
  const auto memory = make_sealed_memory(content);
  ASSERT_TRUE(memory);

  const auto refused = read_sealed_memory(memory->get(), content.size() - 1);

  EXPECT_TRUE(read_sealed_memory(memory->get(), content.size()));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, std::errc::message_size);
}

TEST(SealedMemory, RefusesWhatCouldStillChange) {
  const int all = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

  EXPECT_TRUE(read_sealed_memory(memory_with_seals(all).get(), 1000));
  EXPECT_FALSE(read_sealed_memory(memory_with_seals(0).get(), 1000));
  EXPECT_FALSE(read_sealed_memory(memory_with_seals(all & ~F_SEAL_WRITE).get(), 1000));
  EXPECT_FALSE(read_sealed_memory(memory_with_seals(all & ~F_SEAL_SHRINK).get(), 1000));
  EXPECT_FALSE(read_sealed_memory(memory_with_seals(all & ~F_SEAL_SEAL).get(), 1000));
}

TEST(SealedMemory, RefusesWhatIsNoMemory) {
  const auto sockets = test::unix_pair();

  EXPECT_FALSE(read_sealed_memory(sockets.ours.get(), 1000));
  EXPECT_FALSE(read_sealed_memory(-1, 1000));
}

} // namespace
} // namespace ktls::ipc
