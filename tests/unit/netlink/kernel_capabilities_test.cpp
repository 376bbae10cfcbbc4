// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/kernel_capabilities.hpp"

#include <gtest/gtest.h>

#include <bit>

#include "netlink/netlink_bytes.hpp"

namespace ktls {
namespace {

using test::accept;
using test::attribute;
using test::Buffer;
using test::done;
using test::join;
using test::message;
using test::raw;

constexpr std::uint32_t dump_sequence = 7;
constexpr std::uint16_t controller = 16;
// NL_ATTR_TYPE_*
constexpr std::uint32_t u32 = 4;
constexpr std::uint32_t binary = 10;
constexpr std::uint32_t string = 11;
constexpr std::uint32_t nul_string = 12;

Buffer part(const Buffer& attributes, std::uint8_t command = 10) {
  return message(controller, dump_sequence,
                 join({raw(command), raw(std::uint8_t{2}), raw(std::uint16_t{0}), attributes}));
}
// CTRL_ATTR_OP_POLICY: { command: { CTRL_ATTR_POLICY_DO: policy } }
Buffer command_has(std::uint8_t command, std::uint32_t policy) {
  return part(attribute(9, attribute(command, attribute(1, policy))));
}
// CTRL_ATTR_POLICY: { policy: { attribute: { NL_POLICY_TYPE_ATTR_TYPE: type, ... } } }
Buffer policy_has(std::uint16_t policy, std::uint16_t number, std::uint32_t type) {
  const auto limits = attribute(5, raw(std::uint64_t{4095}));
  return part(
      attribute(8, attribute(policy, attribute(number, join({attribute(1, type), limits})))));
}
const Buffer end = message(3, dump_sequence, raw(std::int32_t{0}));

const Buffer commands = join({command_has(accept, 0), command_has(done, 1)});
const Buffer ordinary = join(
    {policy_has(0, 2, u32), policy_has(1, 1, u32), policy_has(1, 2, 8), policy_has(1, 3, u32)});

KernelCapabilities capabilities(const Buffer& bytes) {
  PolicyDump dump;
  EXPECT_EQ(dump.add(bytes, dump_sequence), PolicyDump::Progress::Complete);
  return capabilities_of(dump);
}

TEST(PolicyDump, ReadsTypesByCommand) {
  PolicyDump dump;

  EXPECT_EQ(dump.add(commands, dump_sequence), PolicyDump::Progress::More);
  EXPECT_EQ(dump.add(ordinary, dump_sequence), PolicyDump::Progress::More);
  EXPECT_EQ(dump.add(end, dump_sequence), PolicyDump::Progress::Complete);

  EXPECT_EQ(dump.type(accept, 2), u32);
  EXPECT_EQ(dump.type(done, 2), 8U);
  EXPECT_EQ(dump.type(done, 4), std::nullopt);
  EXPECT_EQ(dump.type(accept, 1), std::nullopt);
  EXPECT_EQ(dump.type(1, 1), std::nullopt);
}

// The answers of the lab's kernels to build_policy_request(), without the repeated family number.
TEST(PolicyDump, ReadsThatOfLinux6_12) {
  if (std::endian::native != std::endian::little)
    GTEST_SKIP() << "captured on a little-endian machine";
  const auto accept_policy =
      raw("\x2c\x00\x00\x00\x10\x00\x02\x00\x07\x00\x00\x00\x36\x03\x00\x00\x0a\x02\x00\x00"
          "\x06\x00\x01\x00\x1a\x00\x00\x00\x10\x00\x09\x80\x0c\x00\x02\x80\x08\x00\x01\x00"
          "\x00\x00\x00\x00");
  const auto done_policy =
      raw("\x2c\x00\x00\x00\x10\x00\x02\x00\x07\x00\x00\x00\x36\x03\x00\x00\x0a\x02\x00\x00"
          "\x06\x00\x01\x00\x1a\x00\x00\x00\x10\x00\x09\x80\x0c\x00\x03\x80\x08\x00\x01\x00"
          "\x01\x00\x00\x00");
  const auto status =
      raw("\x50\x00\x00\x00\x10\x00\x02\x00\x07\x00\x00\x00\x36\x03\x00\x00\x0a\x02\x00\x00"
          "\x06\x00\x01\x00\x1a\x00\x00\x00\x34\x00\x08\x80\x30\x00\x01\x80\x2c\x00\x01\x80"
          "\x04\x00\x0b\x00\x0c\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x04\x00\x0b\x00"
          "\x0c\x00\x05\x00\xff\x0f\x00\x00\x00\x00\x00\x00\x08\x00\x01\x00\x04\x00\x00\x00");
  const auto finish = raw("\x14\x00\x00\x00\x03\x00\x02\x00\x07\x00\x00\x00\x36\x03\x00\x00"
                          "\x00\x00\x00\x00");
  PolicyDump dump;

  EXPECT_EQ(dump.add(accept_policy, dump_sequence), PolicyDump::Progress::More);
  EXPECT_EQ(dump.add(join({done_policy, status}), dump_sequence), PolicyDump::Progress::More);
  EXPECT_EQ(dump.add(finish, dump_sequence), PolicyDump::Progress::Complete);

  EXPECT_EQ(dump.type(done, 1), u32);
  EXPECT_FALSE(capabilities_of(dump).tags);
}

TEST(PolicyDump, ReadsThatOfLinux7_2) {
  if (std::endian::native != std::endian::little)
    GTEST_SKIP() << "captured on a little-endian machine";
  const auto answer =
      raw("\x2c\x00\x00\x00\x10\x00\x02\x00\x07\x00\x00\x00\x2d\x03\x00\x00\x0a\x02\x00\x00"
          "\x06\x00\x01\x00\x1c\x00\x00\x00\x10\x00\x09\x80\x0c\x00\x03\x80\x08\x00\x01\x00"
          "\x01\x00\x00\x00"
          "\x48\x00\x00\x00\x10\x00\x02\x00\x07\x00\x00\x00\x2d\x03\x00\x00\x0a\x02\x00\x00"
          "\x06\x00\x01\x00\x1c\x00\x00\x00\x2c\x00\x08\x80\x28\x00\x01\x80\x24\x00\x03\x80"
          "\x0c\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x0c\x00\x05\x00\xff\xff\xff\xff"
          "\x00\x00\x00\x00\x08\x00\x01\x00\x04\x00\x00\x00"
          "\x14\x00\x00\x00\x03\x00\x02\x00\x07\x00\x00\x00\x2d\x03\x00\x00\x00\x00\x00\x00");
  PolicyDump dump;

  EXPECT_EQ(dump.add(answer, dump_sequence), PolicyDump::Progress::Complete);

  EXPECT_EQ(dump.type(done, 3), u32);
  EXPECT_FALSE(capabilities_of(dump).tags);
}

TEST(PolicyDump, SkipsOtherExchangesAndCommands) {
  const auto other = part(attribute(9, attribute(done, attribute(1, 1))), 1);
  PolicyDump dump;

  EXPECT_EQ(dump.add(join({commands, ordinary, end}), dump_sequence + 1),
            PolicyDump::Progress::More);
  EXPECT_EQ(dump.add(join({other, message(99, dump_sequence, raw(0))}), dump_sequence),
            PolicyDump::Progress::More);

  EXPECT_EQ(dump.type(done, 1), std::nullopt);
}

TEST(PolicyDump, TellsTheKernelsError) {
  PolicyDump dump;

  const auto refused = dump.add(test::status_message(dump_sequence, -EOPNOTSUPP), dump_sequence);

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code.value(), EOPNOTSUPP);
}

TEST(PolicyDump, IsMalformedCutAtEveryByte) {
  const auto whole = join({command_has(done, 1), policy_has(1, 4, string)});
  const std::size_t boundary = command_has(done, 1).size();

  for (std::size_t size = 0; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    const Buffer cut(whole.data(), whole.data() + size);
    PolicyDump dump;

    EXPECT_EQ(dump.add(cut, dump_sequence).has_value(), size == boundary);
    EXPECT_FALSE(capabilities_of(dump).tags);
  }
}

TEST(PolicyDump, IsMalformedCutInsideTheMessage) {
  const auto attributes =
      attribute(8, attribute(1, attribute(4, join({attribute(1, string), attribute(5, u32)}))));

  for (std::size_t size = 1; size < attributes.size(); ++size) {
    SCOPED_TRACE(size);
    PolicyDump dump;

    EXPECT_FALSE(
        dump.add(part(Buffer(attributes.data(), attributes.data() + size)), dump_sequence));
  }
}

TEST(PolicyDump, RejectsTypesThatAreNoNumbers) {
  const auto bad = part(attribute(8, attribute(1, attribute(4, attribute(1, Buffer(3))))));
  PolicyDump dump;

  EXPECT_FALSE(dump.add(bad, dump_sequence));
  EXPECT_FALSE(dump.add(message(3, dump_sequence, Buffer(3)), dump_sequence));
}

TEST(CapabilitiesOf, HasTagsWhereDoneTakesText) {
  EXPECT_TRUE(capabilities(join({commands, ordinary, policy_has(1, 4, string), end})).tags);
  EXPECT_TRUE(capabilities(join({commands, ordinary, policy_has(1, 4, nul_string), end})).tags);
}

TEST(CapabilitiesOf, HasNoTagsWhereDoneTakesASessionId) {
  const auto found = capabilities(join({commands, ordinary, policy_has(1, 4, u32), end}));

  EXPECT_FALSE(found.tags);
  EXPECT_TRUE(found.session_ids);
}

TEST(CapabilitiesOf, HasNoTagsWhereAcceptTakesASessionId) {
  const auto both =
      join({policy_has(1, 4, string), policy_has(0, 10, u32), policy_has(0, 11, u32)});

  EXPECT_FALSE(capabilities(join({commands, ordinary, both, end})).tags);
}

TEST(CapabilitiesOf, HasNothingThatIsNotCertain) {
  EXPECT_FALSE(capabilities(join({commands, ordinary, end})).tags);
  EXPECT_FALSE(capabilities(join({commands, policy_has(1, 4, binary), end})).tags);
  EXPECT_FALSE(capabilities(join({commands, policy_has(0, 4, string), end})).tags);
  EXPECT_FALSE(capabilities(join({policy_has(1, 4, string), end})).tags);
  EXPECT_FALSE(capabilities(end).tags);
}

TEST(BuildPolicyRequest, AsksForADumpOfTheFamily) {
  const auto request = build_policy_request(28, dump_sequence);

  auto expected = part(attribute(1, raw(std::uint16_t{28})));
  const std::uint16_t flags = 0x301; // NLM_F_REQUEST | NLM_F_DUMP
  std::memcpy(expected.data() + 6, &flags, sizeof(flags));
  std::memset(expected.data() + 12, 0, 4);
  EXPECT_EQ(request, expected);
}

} // namespace
} // namespace ktls
