// SPDX-License-Identifier: GPL-2.0-or-later
#include "ipc/signer_protocol.hpp"

#include <gtest/gtest.h>

#include "support/wire_checks.hpp"

namespace ktls::ipc {
namespace {

using test::decodes_with;
using test::expect_text_checked;

template<class Message>
Message good_signer_message() {
  return wire::make<Message>();
}
template<>
LoadKey good_signer_message() {
  auto message = wire::make<LoadKey>();
  message.key_id = 1;
  EXPECT_TRUE(message.source.assign("/etc/ktlsd/key.pem"));
  return message;
}
template<>
AttachWorker good_signer_message() {
  auto message = wire::make<AttachWorker>();
  message.serial = 1;
  return message;
}
template<>
WorkerCutOff good_signer_message() {
  auto message = wire::make<WorkerCutOff>();
  message.serial = 1;
  EXPECT_TRUE(message.detail.assign("a second signature"));
  return message;
}
template<>
KeyLoaded good_signer_message() {
  auto message = wire::make<KeyLoaded>();
  message.key_id = 1;
  return message;
}
template<>
KeyRefused good_signer_message() {
  auto message = wire::make<KeyRefused>();
  message.key_id = 1;
  EXPECT_TRUE(message.detail.assign("it is empty"));
  return message;
}
template<>
SignRequest good_signer_message() {
  auto message = wire::make<SignRequest>();
  message.number = 9;
  message.key_id = 1;
  message.scheme = 0x0403;
  message.size = 32;
  message.data[31] = 0xff;
  return message;
}
template<>
SignReply good_signer_message() {
  auto message = wire::make<SignReply>();
  message.number = 9;
  message.size = 64;
  return message;
}

template<class Message>
class SignerMessage : public testing::Test {};
using SignerMessages =
    testing::Types<LoadKey, KeyLoaded, KeyRefused, AttachWorker, SignRequest, SignReply>;
TYPED_TEST_SUITE(SignerMessage, SignerMessages);

TYPED_TEST(SignerMessage, RefusesEveryOtherSize) {
  test::expect_only_the_exact_size(good_signer_message<TypeParam>());
}

TYPED_TEST(SignerMessage, RefusesAWrongHeader) {
  test::expect_header_checked(good_signer_message<TypeParam>());
}

TEST(SignerProtocol, LayoutHasNoGaps) {
  EXPECT_EQ(sizeof(SignPermit), 3 * 8U + 64 * 4 + 32);
  EXPECT_EQ(sizeof(LoadKey), 8U + 2 * 4 + 4096);
  EXPECT_EQ(sizeof(KeyLoaded), 8U + 2 * 4 + 32);
  EXPECT_EQ(sizeof(KeyRefused), 8U + 2 * 4 + 512);
  EXPECT_EQ(sizeof(AttachWorker), 8U + 8);
  EXPECT_EQ(sizeof(SignerConfigure), 8U + 2 * 4 + 32);
  EXPECT_EQ(sizeof(WorkerCutOff), 8U + 8 + 128);
  EXPECT_EQ(sizeof(SignRequest), 8U + 8 + 4 + 2 * 2 + sizeof(SignPermit) + 208);
  EXPECT_EQ(sizeof(SignReply), 8U + 8 + 2 * 4 + 1024);
}

TEST(LoadKey, RefusesMalformedFields) {
  const auto message = good_signer_message<LoadKey>();

  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.key_id = 0; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.reserved = 1; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.source = {}; }));
  expect_text_checked(message, &LoadKey::source);
}

TEST(SignerConfigure, RefusesMalformedFields) {
  const auto message = good_signer_message<SignerConfigure>();

  EXPECT_TRUE(decodes_with(message, [](auto& m) { m.token = 1; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.token = 2; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.reserved = 1; }));
}

TEST(AttachWorker, RefusesMalformedFields) {
  EXPECT_FALSE(decodes_with(good_signer_message<AttachWorker>(), [](auto& m) { m.serial = 0; }));
}

TEST(WorkerCutOff, RefusesMalformedFields) {
  const auto message = good_signer_message<WorkerCutOff>();

  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.serial = 0; }));
  expect_text_checked(message, &WorkerCutOff::detail);
}

TEST(KeyLoaded, RefusesMalformedFields) {
  const auto message = good_signer_message<KeyLoaded>();

  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.key_id = 0; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.reserved = 1; }));
}

TEST(KeyRefused, RefusesMalformedFields) {
  const auto message = good_signer_message<KeyRefused>();

  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.key_id = 0; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.reserved = 1; }));
  expect_text_checked(message, &KeyRefused::detail);
}

TEST(SignRequest, KeepsItsSizeLimits) {
  const auto message = good_signer_message<SignRequest>();

  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.size = 0; }));
  EXPECT_TRUE(decodes_with(message, [](auto& m) { m.size = 201; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.size = 202; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.size = 0xffff; }));
}

TEST(SignRequest, RefusesMalformedFields) {
  const auto message = good_signer_message<SignRequest>();

  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.key_id = 0; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.data[32] = 1; })) << "behind the data";
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.data[207] = 1; })) << "behind the data";
}

TEST(SignReply, KeepsItsSizeLimit) {
  const auto message = good_signer_message<SignReply>();

  EXPECT_TRUE(decodes_with(message, [](auto& m) { m.size = 0; }));
  EXPECT_TRUE(decodes_with(message, [](auto& m) { m.size = 1024; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.size = 1025; }));
  EXPECT_FALSE(decodes_with(message, [](auto& m) { m.size = 0xffffffff; }));
}

TEST(SignReply, RefusesMalformedFields) {
  EXPECT_FALSE(decodes_with(good_signer_message<SignReply>(), [](auto& m) { m.reserved = 1; }));
}

} // namespace
} // namespace ktls::ipc
