// SPDX-License-Identifier: GPL-2.0-or-later
// What sock_diag answers.
#pragma once

#include <linux/inet_diag.h>
#include <linux/netlink.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace ktls::test {

template<class Payload>
std::vector<std::byte> answer(std::uint16_t type, const Payload& payload,
                              std::uint32_t number = 7) {
  nlmsghdr header{};
  header.nlmsg_len = NLMSG_LENGTH(sizeof payload);
  header.nlmsg_type = type;
  header.nlmsg_seq = number;
  std::vector<std::byte> out(sizeof header + sizeof payload);
  std::memcpy(out.data(), &header, sizeof header);
  std::memcpy(out.data() + sizeof header, &payload, sizeof payload);
  return out;
}

inline inet_diag_msg socket_in(std::uint8_t state, std::uint64_t cookie = 0) {
  inet_diag_msg message{};
  message.idiag_state = state;
  message.id.idiag_cookie[0] = static_cast<std::uint32_t>(cookie);
  message.id.idiag_cookie[1] = static_cast<std::uint32_t>(cookie >> 32);
  return message;
}

} // namespace ktls::test
