// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/handshake_message.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string>
#include <string_view>

#include "netlink/netlink_bytes.hpp"

namespace ktls {
namespace {

using test::accept;
using test::attribute;
using test::Buffer;
using test::family_message;
using test::join;
using test::message;
using test::raw;
using test::ready;
using test::status_message;

constexpr std::uint16_t family_id = 28;

const Buffer sockfd = attribute(1, 5);
const Buffer client_hello = attribute(3, 1);
const Buffer psk = attribute(5, 2);
const Buffer x509 = attribute(5, 3);
const Buffer minimal = join({sockfd, client_hello, x509});
const Buffer certificate = join({attribute(1, 0x11), attribute(2, 0x22)});

KernelDatagram parse(const Buffer& bytes) {
  return parse_datagram(bytes, family_id);
}
KernelDatagram parse_reply(const Buffer& attributes) {
  return parse(family_message(accept, 7, attributes));
}

template<class T>
bool is_only(const KernelDatagram& datagram) {
  return datagram.messages.size() == 1 && std::holds_alternative<T>(datagram.messages[0].content);
}

HandshakeParameters parameters(const KernelDatagram& datagram) {
  return std::get<AcceptReply>(datagram.messages.at(0).content).parameters;
}

TEST(ParseDatagram, ReadsReady) {
  const auto datagram = parse(family_message(ready, 0, attribute(2, 1)));

  EXPECT_TRUE(is_only<Ready>(datagram));
}

TEST(ParseDatagram, SkipsReadyOfAnotherHandlerClass) {
  const auto datagram = parse(family_message(ready, 0, attribute(2, 2)));

  EXPECT_TRUE(is_only<Other>(datagram));
}

TEST(ParseDatagram, RejectsReadyWithoutHandlerClass) {
  const auto datagram = parse(family_message(ready, 0, {}));

  EXPECT_TRUE(is_only<Malformed>(datagram));
}

TEST(ParseDatagram, RejectsReadyWithShortHandlerClass) {
  const auto datagram = parse(family_message(ready, 0, attribute(2, raw(std::uint16_t{1}))));

  EXPECT_TRUE(is_only<Malformed>(datagram));
}

// From Linux 7.2 in the lab, strace of an agent during
// mount -o xprtsec=mtls,cert_serial=54604342,privkey_serial=938004338 127.0.0.1:/
TEST(ParseDatagram, ReadsReplyOfARealKernel) {
  if (std::endian::native != std::endian::little)
    GTEST_SKIP() << "captured on a little-endian machine";
  const auto captured =
      raw("\x50\x00\x00\x00\x1c\x00\x00\x00\x14\x00\x00\x00\x43\x03\x00\x00\x02\x01\x00\x00"
          "\x08\x00\x01\x00\x05\x00\x00\x00\x08\x00\x03\x00\x01\x00\x00\x00"
          "\x0e\x00\x08\x00\x31\x32\x37\x2e\x30\x2e\x30\x2e\x31\x00\x00\x00"
          "\x08\x00\x05\x00\x03\x00\x00\x00\x14\x00\x07\x80"
          "\x08\x00\x01\x00\x36\x32\x41\x03\x08\x00\x02\x00\x72\xcf\xe8\x37");

  const auto datagram = parse(captured);

  ASSERT_TRUE(is_only<AcceptReply>(datagram));
  EXPECT_EQ(datagram.messages[0].sequence, 20U);
  EXPECT_EQ(std::get<AcceptReply>(datagram.messages[0].content).sockfd, 5);
  const auto asked = parameters(datagram);
  EXPECT_EQ(asked.message_type, MessageType::ClientHello);
  EXPECT_EQ(asked.auth_mode, AuthMode::X509);
  EXPECT_EQ(asked.timeout, std::nullopt);
  EXPECT_EQ(asked.peer_name, "127.0.0.1");
  ASSERT_EQ(asked.certificates.size(), 1U);
  EXPECT_EQ(asked.certificates[0].certificate, 54604342);
  EXPECT_EQ(asked.certificates[0].private_key, 938004338);
  EXPECT_EQ(datagram.descriptors, std::vector{5});
}

TEST(ParseDatagram, ReadsServerHelloWithPsk) {
  const auto attributes = join({sockfd, attribute(2, 1), attribute(3, 2), attribute(4, 10000), psk,
                                attribute(6, 31), attribute(6, 32), attribute(9, 77)});

  const auto datagram = parse_reply(attributes);

  ASSERT_TRUE(is_only<AcceptReply>(datagram));
  const auto asked = parameters(datagram);
  EXPECT_EQ(asked.message_type, MessageType::ServerHello);
  EXPECT_EQ(asked.auth_mode, AuthMode::Psk);
  EXPECT_EQ(asked.timeout, std::chrono::seconds(10));
  EXPECT_EQ(asked.peer_identities, (std::vector<KeySerial>{31, 32}));
  EXPECT_EQ(asked.keyring, 77);
  EXPECT_EQ(asked.peer_name, "");
  EXPECT_TRUE(asked.certificates.empty());
}

TEST(ParseDatagram, ReadsFiveIdentities) {
  const auto attributes = join({minimal, attribute(6, 1), attribute(6, 2), attribute(6, 3),
                                attribute(6, 4), attribute(6, 5)});

  const auto datagram = parse_reply(attributes);

  ASSERT_TRUE(is_only<AcceptReply>(datagram));
  EXPECT_EQ(parameters(datagram).peer_identities, (std::vector<KeySerial>{1, 2, 3, 4, 5}));
}

TEST(ParseDatagram, ReadsSeveralCertificates) {
  const auto attributes = join({minimal, attribute(7, certificate),
                                attribute(7, join({attribute(2, 0x44), attribute(1, 0x33)}))});

  const auto datagram = parse_reply(attributes);

  ASSERT_TRUE(is_only<AcceptReply>(datagram));
  ASSERT_EQ(parameters(datagram).certificates.size(), 2U);
  EXPECT_EQ(parameters(datagram).certificates[1].certificate, 0x33);
  EXPECT_EQ(parameters(datagram).certificates[1].private_key, 0x44);
}

TEST(ParseDatagram, ReadsNameOf255Bytes) {
  const std::string name(255, 'n');

  const auto datagram =
      parse_reply(join({minimal, attribute(8, raw(std::string_view(name + '\0')))}));

  ASSERT_TRUE(is_only<AcceptReply>(datagram));
  EXPECT_EQ(parameters(datagram).peer_name, name);
}

TEST(ParseDatagram, TakesEmptyNameAsNone) {
  const auto datagram = parse_reply(join({minimal, attribute(8, Buffer(1))}));

  ASSERT_TRUE(is_only<AcceptReply>(datagram));
  EXPECT_EQ(parameters(datagram).peer_name, "");
}

TEST(ParseDatagram, TakesZeroTimeLimitAndKeyringAsNone) {
  const auto datagram = parse_reply(join({minimal, attribute(4, 0), attribute(9, 0)}));

  ASSERT_TRUE(is_only<AcceptReply>(datagram));
  EXPECT_EQ(parameters(datagram).timeout, std::nullopt);
  EXPECT_EQ(parameters(datagram).keyring, std::nullopt);
}

TEST(ParseDatagram, IgnoresUnknownAttributes) {
  const auto unknown = join({attribute(0, 1), attribute(10, 64), attribute(200, raw("text"))});
  const auto nested = attribute(7, join({certificate, attribute(3, raw("more"))}));

  const auto datagram = parse_reply(join({unknown, minimal, nested}));

  EXPECT_TRUE(is_only<AcceptReply>(datagram));
}

TEST(ParseDatagram, ReadsAcknowledgement) {
  const auto datagram = parse(status_message(9, 0));

  EXPECT_TRUE(is_only<Acknowledged>(datagram));
  EXPECT_EQ(datagram.messages[0].sequence, 9U);
}

TEST(ParseDatagram, ReadsError) {
  const auto datagram = parse(status_message(9, -11));

  ASSERT_TRUE(is_only<Failed>(datagram));
  EXPECT_EQ(std::get<Failed>(datagram.messages[0].content).error, 11);
}

// -EAGAIN for an ACCEPT, from Linux 6.12 and 7.2 in the lab: the request is quoted.
TEST(ParseDatagram, ReadsErrorOfARealKernel) {
  if (std::endian::native != std::endian::little)
    GTEST_SKIP() << "captured on a little-endian machine";
  const auto captured =
      raw("\x30\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00\x52\x03\x00\x00\xf5\xff\xff\xff"
          "\x1c\x00\x00\x00\x1c\x00\x01\x00\x01\x00\x00\x00\x00\x00\x00\x00"
          "\x02\x01\x00\x00\x08\x00\x02\x00\x01\x00\x00\x00");

  const auto datagram = parse(captured);

  ASSERT_TRUE(is_only<Failed>(datagram));
  EXPECT_EQ(std::get<Failed>(datagram.messages[0].content).error, 11);
}

TEST(ParseDatagram, RejectsErrorThatIsNoErrno) {
  EXPECT_TRUE(is_only<Malformed>(parse(status_message(9, 11))));
  EXPECT_TRUE(is_only<Malformed>(parse(status_message(9, -4096))));
  EXPECT_TRUE(is_only<Malformed>(parse(status_message(9, INT32_MIN))));
}

TEST(ParseDatagram, RejectsShortError) {
  const auto datagram = parse(message(2, 9, raw(std::int32_t{-11})));

  EXPECT_TRUE(is_only<Malformed>(datagram));
}

TEST(ParseDatagram, SkipsOtherFamiliesCommandsAndControlMessages) {
  const auto datagram = parse(join({family_message(accept, 1, minimal, family_id + 1),
                                    family_message(3, 2, {}), message(3, 3, raw(0))}));

  ASSERT_EQ(datagram.messages.size(), 3U);
  EXPECT_TRUE(std::holds_alternative<Other>(datagram.messages[0].content));
  EXPECT_TRUE(std::holds_alternative<Other>(datagram.messages[1].content));
  EXPECT_TRUE(std::holds_alternative<Other>(datagram.messages[2].content));
  EXPECT_TRUE(datagram.descriptors.empty());
}

TEST(ParseDatagram, ReadsSeveralMessages) {
  const auto second = join({attribute(1, 6), client_hello, x509});

  const auto datagram = parse(join({family_message(accept, 1, minimal), status_message(2, 0),
                                    family_message(accept, 3, second)}));

  ASSERT_EQ(datagram.messages.size(), 3U);
  EXPECT_TRUE(std::holds_alternative<AcceptReply>(datagram.messages[0].content));
  EXPECT_TRUE(std::holds_alternative<Acknowledged>(datagram.messages[1].content));
  EXPECT_EQ(std::get<AcceptReply>(datagram.messages[2].content).sockfd, 6);
  EXPECT_EQ(datagram.messages[2].sequence, 3U);
  EXPECT_EQ(datagram.descriptors, (std::vector{5, 6}));
}

TEST(ParseDatagram, GoesOnAfterAMalformedMessage) {
  const auto datagram = parse(join({family_message(accept, 1, sockfd), status_message(2, 0)}));

  ASSERT_EQ(datagram.messages.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<Malformed>(datagram.messages[0].content));
  EXPECT_EQ(datagram.messages[0].sequence, 1U);
  EXPECT_TRUE(std::holds_alternative<Acknowledged>(datagram.messages[1].content));
}

TEST(ParseDatagram, ReadsLastAttributeWithoutPadding) {
  auto name = attribute(8, raw("ab\0"));
  name.pop_back();
  const std::uint32_t length = 16 + 4 + 24 + 7;
  auto bytes = family_message(accept, 1, join({minimal, name}));
  bytes.resize(length);

  const auto datagram = parse(bytes);

  ASSERT_TRUE(is_only<AcceptReply>(datagram));
  EXPECT_EQ(parameters(datagram).peer_name, "ab");
}

TEST(ParseDatagram, RejectsTrailingBytes) {
  const auto datagram = parse(join({status_message(1, 0), Buffer(4)}));

  ASSERT_EQ(datagram.messages.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<Malformed>(datagram.messages[1].content));
}

TEST(ParseDatagram, RejectsLengthBelowTheHeader) {
  const auto datagram = parse(join({raw(std::uint32_t{15}), Buffer(12)}));

  EXPECT_TRUE(is_only<Malformed>(datagram));
}

TEST(ParseDatagram, ReportsBothDescriptorsOfAReplyWithTwo) {
  const auto datagram = parse_reply(join({minimal, attribute(1, 6)}));

  EXPECT_TRUE(is_only<Malformed>(datagram));
  EXPECT_EQ(datagram.descriptors, (std::vector{5, 6}));
}

TEST(ParseDatagram, ReportsADescriptorOnce) {
  const auto datagram = parse_reply(join({minimal, sockfd}));

  EXPECT_TRUE(is_only<Malformed>(datagram));
  EXPECT_EQ(datagram.descriptors, std::vector{5});
}

TEST(ParseDatagram, ReportsDescriptorBehindAMalformedAttribute) {
  const auto datagram = parse_reply(join({attribute(3, raw("?")), sockfd}));

  EXPECT_TRUE(is_only<Malformed>(datagram));
  EXPECT_EQ(datagram.descriptors, std::vector{5});
}

TEST(ParseDatagram, ReportsNoNegativeDescriptor) {
  const auto datagram = parse_reply(join({attribute(1, 0xffffffff), client_hello, x509}));

  EXPECT_TRUE(is_only<Malformed>(datagram));
  EXPECT_TRUE(datagram.descriptors.empty());
}

TEST(ParseDatagram, RejectsTruncationAtEveryByte) {
  constexpr std::size_t end_of_sockfd = 16 + 4 + 8;
  const auto whole = family_message(
      accept, 7, join({minimal, attribute(7, certificate), attribute(8, raw("name\0"))}));

  for (std::size_t size = 0; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    // a copy of just that size, so that the sanitizer sees reads behind its end
    const Buffer cut(whole.data(), whole.data() + size);

    const auto datagram = parse(cut);

    EXPECT_TRUE(is_only<Malformed>(datagram));
    EXPECT_EQ(datagram.descriptors.size(), size < end_of_sockfd ? 0U : 1U);
  }
}

TEST(ParseDatagram, RejectsTruncatedContentsOfAWholeMessage) {
  const auto attributes = join({minimal, attribute(7, certificate), attribute(9, 1)});

  for (std::size_t size = 1; size < attributes.size(); ++size) {
    SCOPED_TRACE(size);
    const Buffer cut(attributes.data(), attributes.data() + size);

    const auto datagram = parse_reply(cut);

    const bool at_boundary = size == minimal.size() || size == attributes.size() - 8;
    EXPECT_EQ(is_only<AcceptReply>(datagram), at_boundary);
  }
}

struct BadReply {
  const char* name;
  Buffer attributes;
};

class MalformedReply : public testing::TestWithParam<BadReply> {};

TEST_P(MalformedReply, IsRejected) {
  const auto datagram = parse_reply(GetParam().attributes);

  EXPECT_TRUE(is_only<Malformed>(datagram));
  EXPECT_EQ(datagram.messages.at(0).sequence, 7U);
}

const Buffer three_bytes(3);
const Buffer eight_bytes(8);

INSTANTIATE_TEST_SUITE_P(
    ParseDatagram, MalformedReply,
    testing::Values(
        BadReply{"Empty", {}}, BadReply{"SocketMissing", join({client_hello, x509})},
        BadReply{"MessageTypeMissing", join({sockfd, x509})},
        BadReply{"AuthModeMissing", join({sockfd, client_hello})},
        BadReply{"SocketShort", join({attribute(1, three_bytes), client_hello, x509})},
        BadReply{"SocketLong", join({attribute(1, eight_bytes), client_hello, x509})},
        BadReply{"HandlerClassOther", join({minimal, attribute(2, 2)})},
        BadReply{"HandlerClassShort", join({minimal, attribute(2, three_bytes)})},
        BadReply{"MessageTypeZero", join({sockfd, attribute(3, 0), x509})},
        BadReply{"MessageTypeUnknown", join({sockfd, attribute(3, 3), x509})},
        BadReply{"MessageTypeTwice", join({minimal, client_hello})},
        BadReply{"MessageTypeLong", join({sockfd, attribute(3, eight_bytes), x509})},
        BadReply{"TimeLimitShort", join({minimal, attribute(4, three_bytes)})},
        BadReply{"TimeLimitTwice", join({minimal, attribute(4, 1), attribute(4, 1)})},
        BadReply{"AuthModeZero", join({sockfd, client_hello, attribute(5, 0)})},
        BadReply{"AuthModeUnknown", join({sockfd, client_hello, attribute(5, 4)})},
        BadReply{"AuthModeShort", join({sockfd, client_hello, attribute(5, three_bytes)})},
        BadReply{"AuthModeTwice", join({minimal, x509})},
        BadReply{"IdentityLong", join({minimal, attribute(6, eight_bytes)})},
        BadReply{"SixIdentities", join({minimal, attribute(6, 1), attribute(6, 2), attribute(6, 3),
                                        attribute(6, 4), attribute(6, 5), attribute(6, 6)})},
        BadReply{"CertificateEmpty", join({minimal, attribute(7, Buffer())})},
        BadReply{"CertificateWithoutKey", join({minimal, attribute(7, attribute(1, 9))})},
        BadReply{"CertificateWithoutSerial", join({minimal, attribute(7, attribute(2, 9))})},
        BadReply{"CertificateTwoSerials",
                 join({minimal, attribute(7, join({certificate, attribute(1, 9)}))})},
        BadReply{"CertificateSerialShort",
                 join({minimal, attribute(7, join({attribute(1, three_bytes), attribute(2, 9)}))})},
        BadReply{"CertificateKeyLong",
                 join({minimal, attribute(7, join({attribute(1, 9), attribute(2, eight_bytes)}))})},
        BadReply{"SixCertificates",
                 join({minimal, attribute(7, certificate), attribute(7, certificate),
                       attribute(7, certificate), attribute(7, certificate),
                       attribute(7, certificate), attribute(7, certificate)})},
        BadReply{"NameEmpty", join({minimal, attribute(8, Buffer())})},
        BadReply{"NameUnterminated", join({minimal, attribute(8, raw("host"))})},
        BadReply{"NameWithNul", join({minimal, attribute(8, raw("root\0.evil\0"))})},
        BadReply{"NameTwice", join({minimal, attribute(8, Buffer(1)), attribute(8, Buffer(1))})},
        BadReply{"NameTooLong", join({minimal, attribute(8, raw(std::string(256, 'n') + '\0'))})},
        BadReply{"KeyringLong", join({minimal, attribute(9, eight_bytes)})},
        BadReply{"KeyringTwice", join({minimal, attribute(9, 1), attribute(9, 1)})},
        BadReply{"AttributeShorterThanItsHeader",
                 join({minimal, raw(std::uint16_t{3}), raw(std::uint16_t{9})})},
        BadReply{"AttributeLongerThanItsMessage",
                 join({minimal, raw(std::uint16_t{9}), raw(std::uint16_t{9}), Buffer(4)})}),
    [](const auto& tested) { return tested.param.name; });

TEST(BuildAccept, AsksForOurHandlerClass) {
  const auto request = build_accept(family_id, 0x01020304);

  auto expected = family_message(2, 0x01020304, attribute(2, 1));
  const std::uint16_t flags = 1; // NLM_F_REQUEST
  std::memcpy(expected.data() + 6, &flags, sizeof(flags));
  std::memset(expected.data() + 12, 0, 4);
  EXPECT_EQ(request, expected);
}

// The request that Linux 7.2 quoted in its acknowledgement, in the lab.
TEST(BuildDone, IsWhatARealKernelTook) {
  if (std::endian::native != std::endian::little)
    GTEST_SKIP() << "captured on a little-endian machine";
  const auto captured = raw("\x24\x00\x00\x00\x1c\x00\x05\x00\x02\x00\x00\x00\x00\x00\x00\x00"
                            "\x03\x01\x00\x00\x08\x00\x01\x00\x05\x00\x00\x00"
                            "\x08\x00\x02\x00\x04\x00\x00\x00");

  const auto request = build_done(family_id, 2, {4, EIO, std::nullopt, {}});

  EXPECT_EQ(request, captured);
}

TEST(BuildDone, TellsThePeerOfASuccess) {
  const auto request = build_done(family_id, 2, {4, 0, 99, {}});

  const auto attributes = join({attribute(1, 0), attribute(2, 4), attribute(3, 99)});
  EXPECT_EQ(Buffer(request.begin() + 20, request.end()), attributes);
}

TEST(BuildDone, TellsNoPeerOfAFailure) {
  const auto request = build_done(family_id, 2, {4, EACCES, 99, {"tag"}});

  const auto attributes = join({attribute(1, EACCES), attribute(2, 4)});
  EXPECT_EQ(Buffer(request.begin() + 20, request.end()), attributes);
}

TEST(BuildDone, TellsTagsAsTerminatedText) {
  const auto request = build_done(family_id, 2, {4, 0, std::nullopt, {"a", "four"}});

  const auto attributes = join(
      {attribute(1, 0), attribute(2, 4), attribute(4, raw("a\0")), attribute(4, raw("four\0"))});
  EXPECT_EQ(Buffer(request.begin() + 20, request.end()), attributes);
}

TEST(ParseDatagram, ReadsALimitOfTags) {
  EXPECT_EQ(parameters(parse_reply(join({minimal, attribute(10, 3)}))).max_tags, 3U);
  EXPECT_EQ(parameters(parse_reply(minimal)).max_tags, std::nullopt);
  EXPECT_EQ(parameters(parse_reply(join({minimal, attribute(10, raw("x"))}))).max_tags,
            std::nullopt);
}

TEST(SendableTags, LeavesOutWhatAKernelRefuses) {
  const std::string longest(255, 't');

  const auto tags =
      sendable_tags({"", "a", std::string("a\0b", 3), longest, longest + 't'}, std::nullopt);

  EXPECT_EQ(tags, (std::vector<std::string>{"a", longest}));
}

TEST(SendableTags, KeepsToTheLimits) {
  const std::vector<std::string> many(100, "t");

  EXPECT_EQ(sendable_tags(many, std::nullopt).size(), 64U);
  EXPECT_EQ(sendable_tags(many, 1000).size(), 64U);
  EXPECT_EQ(sendable_tags(many, 3).size(), 3U);
  EXPECT_TRUE(sendable_tags(many, 0).empty());
}

} // namespace
} // namespace ktls
