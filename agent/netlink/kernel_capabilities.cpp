// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/kernel_capabilities.hpp"

#include <linux/genetlink.h>

#include "netlink/attributes.hpp"
#include "netlink/handshake_uapi.hpp"

namespace ktls {
namespace {

namespace uapi = handshake_uapi;
using netlink::Attribute;
using netlink::Bytes;
using netlink::load;
using netlink::number;
using netlink::take_attribute;

constexpr std::uint8_t controller_version = 2;

// Calls `use` with each attribute of `bytes`, until one fails.
template<class Use>
Result<> for_each(Bytes bytes, Use use) {
  while (!bytes.empty()) {
    const Attribute attribute = TRY(take_attribute(bytes));
    TRY(use(attribute));
  }
  return {};
}

Result<std::optional<std::uint32_t>> find_number(Bytes nest, std::uint16_t type) {
  std::optional<std::uint32_t> found;
  while (!nest.empty()) {
    const Attribute attribute = TRY(take_attribute(nest));
    if (attribute.type == type)
      found = TRY(number<std::uint32_t>(attribute, "policy"));
  }
  return found;
}

Result<PolicyDump::Progress> end_of_dump(Bytes payload) {
  if (payload.size() < sizeof(int))
    return invalid("end of a policy dump: cut off");
  const int status = load<int>(payload);
  if (status < 0)
    return errno_error("the policy of the handshake family", -status);
  return PolicyDump::Progress::Complete;
}

} // namespace

Result<PolicyDump::Progress> PolicyDump::add(Bytes datagram, std::uint32_t sequence) {
  if (datagram.empty())
    return invalid("policy dump: empty datagram");
  while (!datagram.empty()) {
    if (datagram.size() < sizeof(nlmsghdr))
      return invalid("policy dump: netlink header cut off");
    const auto header = load<nlmsghdr>(datagram);
    if (header.nlmsg_len < sizeof(nlmsghdr) || header.nlmsg_len > datagram.size())
      return invalid("policy dump: netlink message cut off");
    const Bytes payload = datagram.first(header.nlmsg_len).subspan(sizeof(nlmsghdr));
    datagram = netlink::drop(datagram, netlink::align(header.nlmsg_len));
    if (header.nlmsg_seq != sequence)
      continue;
    // NLMSG_DONE carries a status, as NLMSG_ERROR does
    if (header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR)
      return end_of_dump(payload);
    if (header.nlmsg_type != GENL_ID_CTRL)
      continue;
    if (payload.size() < sizeof(genlmsghdr))
      return invalid("policy dump: generic netlink header cut off");
    if (load<genlmsghdr>(payload).cmd == CTRL_CMD_GETPOLICY)
      TRY(add_attributes(payload.subspan(sizeof(genlmsghdr))));
  }
  return Progress::More;
}

Result<> PolicyDump::add_attributes(Bytes attributes) {
  return for_each(attributes, [this](const Attribute& attribute) -> Result<> {
    if (attribute.type == CTRL_ATTR_OP_POLICY)
      return add_commands(attribute.payload);
    if (attribute.type == CTRL_ATTR_POLICY)
      return add_policies(attribute.payload);
    return {};
  });
}

// command -> { CTRL_ATTR_POLICY_DO: number of its policy }
Result<> PolicyDump::add_commands(Bytes nest) {
  return for_each(nest, [this](const Attribute& command) -> Result<> {
    const auto policy = TRY(find_number(command.payload, CTRL_ATTR_POLICY_DO));
    if (policy)
      policy_of_command_[command.type] = *policy;
    return {};
  });
}

// number of a policy -> { attribute -> { NL_POLICY_TYPE_ATTR_TYPE: type, limits ... } }
Result<> PolicyDump::add_policies(Bytes nest) {
  return for_each(nest, [this](const Attribute& policy) {
    return for_each(policy.payload, [&](const Attribute& attribute) -> Result<> {
      const auto type = TRY(find_number(attribute.payload, NL_POLICY_TYPE_ATTR_TYPE));
      if (type)
        type_of_attribute_[{policy.type, attribute.type}] = *type;
      return {};
    });
  });
}

std::optional<std::uint32_t> PolicyDump::type(std::uint32_t command,
                                              std::uint32_t attribute) const {
  const auto policy = policy_of_command_.find(command);
  if (policy == policy_of_command_.end())
    return std::nullopt;
  const auto type = type_of_attribute_.find({policy->second, attribute});
  if (type == type_of_attribute_.end())
    return std::nullopt;
  return type->second;
}

std::vector<std::byte> build_policy_request(std::uint16_t family, std::uint32_t sequence) {
  std::vector<std::byte> out;
  netlink::append(out, nlmsghdr{0, GENL_ID_CTRL, NLM_F_REQUEST | NLM_F_DUMP, sequence, 0});
  netlink::append(out, genlmsghdr{CTRL_CMD_GETPOLICY, controller_version, 0});
  netlink::append_attribute(out, CTRL_ATTR_FAMILY_ID, family);
  netlink::set_length(out);
  return out;
}

KernelCapabilities capabilities_of(const PolicyDump& policy) {
  const auto fourth = policy.type(uapi::cmd_done, uapi::done_tag);
  const bool text = fourth == NL_ATTR_TYPE_STRING || fourth == NL_ATTR_TYPE_NUL_STRING;
  const bool integer = fourth == NL_ATTR_TYPE_U32 || fourth == NL_ATTR_TYPE_S32;
  // a kernel with session ids beside what looks like tags is none that is known
  const bool key_updates = policy.type(uapi::cmd_accept, uapi::accept_session_id).has_value();
  return {text && !key_updates, integer};
}

} // namespace ktls
