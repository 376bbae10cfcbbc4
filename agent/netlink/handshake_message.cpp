// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/handshake_message.hpp"

#include <fmt/format.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>

#include <algorithm>
#include <string_view>

#include "netlink/attributes.hpp"

namespace ktls {
namespace {

namespace uapi = handshake_uapi;
using netlink::append_attribute;
using netlink::append_bytes;
using netlink::Attribute;
using netlink::Bytes;
using netlink::drop;
using netlink::load;
using netlink::number;
using netlink::take_attribute;

constexpr std::size_t max_certificates = 5;
constexpr std::size_t max_peer_name = 255;

template<class T>
Result<> set_once(std::optional<T>& field, T value, std::string_view name) {
  if (field)
    return invalid(fmt::format("{}: given twice", name));
  field = std::move(value);
  return {};
}

template<class T>
Result<> set_number(std::optional<T>& field, const Attribute& attribute, std::string_view name) {
  const T value = TRY(number<T>(attribute, name));
  return set_once(field, value, name);
}

Result<MessageType> to_message_type(std::uint32_t value) {
  switch (static_cast<MessageType>(value)) {
  case MessageType::ClientHello:
  case MessageType::ServerHello:
    return static_cast<MessageType>(value);
  }
  return invalid(fmt::format("message type: unknown number {}", value));
}

Result<AuthMode> to_auth_mode(std::uint32_t value) {
  switch (static_cast<AuthMode>(value)) {
  case AuthMode::Unauthenticated:
  case AuthMode::Psk:
  case AuthMode::X509:
    return static_cast<AuthMode>(value);
  }
  return invalid(fmt::format("authentication mode: unknown number {}", value));
}

Result<std::string> to_peer_name(Bytes payload) {
  if (payload.empty() || payload.back() != std::byte{0})
    return invalid("peer name: not NUL-terminated");
  const Bytes text = payload.first(payload.size() - 1);
  if (text.size() > max_peer_name)
    return invalid("peer name: longer than 255 bytes");
  if (std::ranges::find(text, std::byte{0}) != text.end())
    return invalid("peer name: NUL inside");
  std::string name(text.size(), '\0');
  std::ranges::transform(text, name.begin(), [](std::byte b) { return static_cast<char>(b); });
  return name;
}

Result<CertificateSerials> to_certificate(Bytes nest) {
  std::optional<KeySerial> certificate;
  std::optional<KeySerial> private_key;
  while (!nest.empty()) {
    const Attribute attribute = TRY(take_attribute(nest));
    if (attribute.type == uapi::x509_cert)
      TRY(set_number(certificate, attribute, "certificate serial"));
    else if (attribute.type == uapi::x509_privkey)
      TRY(set_number(private_key, attribute, "private key serial"));
  }
  if (!certificate || !private_key)
    return invalid("certificate: serial of the certificate or of the private key missing");
  return CertificateSerials{*certificate, *private_key};
}

struct AcceptFields {
  std::optional<int> sockfd;
  std::optional<std::uint32_t> handler_class;
  std::optional<std::uint32_t> message_type;
  std::optional<std::uint32_t> timeout_ms;
  std::optional<std::uint32_t> auth_mode;
  std::optional<std::string> peer_name;
  std::optional<KeySerial> keyring;
  std::optional<std::uint32_t> max_tags;
  std::vector<KeySerial> peer_identities;
  std::vector<CertificateSerials> certificates;

  Result<> add(const Attribute& attribute);
};

Result<> AcceptFields::add(const Attribute& attribute) {
  switch (attribute.type) {
  case uapi::accept_sockfd:
    return set_number(sockfd, attribute, "socket");
  case uapi::accept_handler_class:
    return set_number(handler_class, attribute, "handler class");
  case uapi::accept_message_type:
    return set_number(message_type, attribute, "message type");
  case uapi::accept_timeout:
    return set_number(timeout_ms, attribute, "time limit");
  case uapi::accept_auth_mode:
    return set_number(auth_mode, attribute, "authentication mode");
  case uapi::accept_peer_identity: {
    if (peer_identities.size() == uapi::max_peer_identities)
      return invalid("more than 5 peer identities");
    peer_identities.push_back(TRY(number<KeySerial>(attribute, "peer identity")));
    return {};
  }
  case uapi::accept_certificate: {
    if (certificates.size() == max_certificates)
      return invalid("more than 5 certificates");
    certificates.push_back(TRY(to_certificate(attribute.payload)));
    return {};
  }
  case uapi::accept_peername: {
    std::string name = TRY(to_peer_name(attribute.payload));
    return set_once(peer_name, std::move(name), "peer name");
  }
  case uapi::accept_keyring:
    return set_number(keyring, attribute, "keyring");
  case uapi::accept_max_tags:
    // another kernel may mean something else by this number, in whatever form
    if (attribute.payload.size() == sizeof(std::uint32_t))
      max_tags = load<std::uint32_t>(attribute.payload);
    return {};
  default:
    return {};
  }
}

Result<AcceptFields> read_fields(Bytes attributes) {
  AcceptFields fields;
  while (!attributes.empty()) {
    const Attribute attribute = TRY(take_attribute(attributes));
    TRY(fields.add(attribute));
  }
  return fields;
}

Result<AcceptReply> parse_accept_reply(Bytes attributes) {
  AcceptFields fields = TRY(read_fields(attributes));
  if (!fields.sockfd || *fields.sockfd < 0)
    return invalid("socket: missing");
  if (fields.handler_class && *fields.handler_class != uapi::handler_class_tlshd)
    return invalid("handler class: not ours");
  if (!fields.message_type || !fields.auth_mode)
    return invalid("message type or authentication mode: missing");
  AcceptReply reply;
  reply.sockfd = *fields.sockfd;
  HandshakeParameters& parameters = reply.parameters;
  parameters.message_type = TRY(to_message_type(*fields.message_type));
  parameters.auth_mode = TRY(to_auth_mode(*fields.auth_mode));
  if (fields.timeout_ms.value_or(0) != 0)
    parameters.timeout = std::chrono::milliseconds(*fields.timeout_ms);
  if (fields.keyring.value_or(0) != 0)
    parameters.keyring = fields.keyring;
  parameters.max_tags = fields.max_tags;
  parameters.peer_name = std::move(fields.peer_name).value_or("");
  parameters.peer_identities = std::move(fields.peer_identities);
  parameters.certificates = std::move(fields.certificates);
  return reply;
}

void collect_descriptors(Bytes attributes, std::vector<int>& found) {
  while (!attributes.empty()) {
    const auto attribute = take_attribute(attributes);
    if (!attribute)
      return;
    if (attribute->type != uapi::accept_sockfd || attribute->payload.size() != sizeof(int))
      continue;
    const auto fd = load<int>(attribute->payload);
    if (fd >= 0 && std::ranges::find(found, fd) == found.end())
      found.push_back(fd);
  }
}

using Content = decltype(KernelMessage::content);

Content parse_ready(Bytes attributes) {
  const auto fields = read_fields(attributes);
  if (!fields)
    return Malformed{fields.error()};
  if (!fields->handler_class)
    return Malformed{invalid("handler class: missing").value()};
  if (*fields->handler_class != uapi::handler_class_tlshd)
    return Other{};
  return Ready{};
}

Content parse_status(Bytes payload) {
  if (payload.size() < sizeof(nlmsgerr))
    return Malformed{invalid("netlink acknowledgement: cut off").value()};
  const int error = load<nlmsgerr>(payload).error;
  if (error == 0)
    return Acknowledged{};
  if (error > 0 || error < -max_errno)
    return Malformed{invalid("netlink acknowledgement: not an errno").value()};
  return Failed{-error};
}

// `payload` is what follows the netlink header, as far as it is there.
Content parse_family_message(Bytes payload, bool complete, std::vector<int>& descriptors) {
  if (payload.size() < sizeof(genlmsghdr))
    return Malformed{invalid("generic netlink header: cut off").value()};
  const std::uint8_t command = load<genlmsghdr>(payload).cmd;
  const Bytes attributes = payload.subspan(sizeof(genlmsghdr));
  if (command == uapi::cmd_accept)
    collect_descriptors(attributes, descriptors);
  if (!complete)
    return Malformed{invalid("netlink message: cut off").value()};
  if (command == uapi::cmd_ready)
    return parse_ready(attributes);
  if (command != uapi::cmd_accept)
    return Other{};
  auto reply = parse_accept_reply(attributes);
  if (!reply)
    return Malformed{std::move(reply).error()};
  return std::move(reply).value();
}

std::vector<std::byte> begin_request(std::uint16_t family, std::uint16_t flags,
                                     std::uint32_t sequence, std::uint8_t command) {
  std::vector<std::byte> out;
  netlink::append(out, nlmsghdr{0, family, flags, sequence, 0});
  netlink::append(out, genlmsghdr{command, uapi::family_version, 0});
  return out;
}

} // namespace

KernelDatagram parse_datagram(Bytes bytes, std::uint16_t family) {
  KernelDatagram datagram;
  do {
    if (bytes.size() < sizeof(nlmsghdr)) {
      datagram.messages.push_back({0, Malformed{invalid("netlink header: cut off").value()}});
      break;
    }
    const auto header = load<nlmsghdr>(bytes);
    KernelMessage message{header.nlmsg_seq, Other{}};
    const bool complete = header.nlmsg_len >= sizeof(nlmsghdr) && header.nlmsg_len <= bytes.size();
    const Bytes payload =
        (complete ? bytes.first(header.nlmsg_len) : bytes).subspan(sizeof(nlmsghdr));
    if (header.nlmsg_type == family)
      message.content = parse_family_message(payload, complete, datagram.descriptors);
    else if (!complete)
      message.content = Malformed{invalid("netlink message: cut off").value()};
    else if (header.nlmsg_type == NLMSG_ERROR)
      message.content = parse_status(payload);
    datagram.messages.push_back(std::move(message));
    if (!complete)
      break;
    bytes = drop(bytes, netlink::align(header.nlmsg_len));
  } while (!bytes.empty());
  return datagram;
}

std::vector<std::string> sendable_tags(std::vector<std::string> tags,
                                       std::optional<std::uint32_t> limit) {
  std::erase_if(tags, [](const std::string& tag) {
    return tag.empty() || tag.size() > uapi::max_tag_size || tag.find('\0') != std::string::npos;
  });
  const std::size_t most = std::min<std::size_t>(limit.value_or(uapi::max_tags), uapi::max_tags);
  if (tags.size() > most)
    tags.resize(most);
  return tags;
}

std::vector<std::byte> build_accept(std::uint16_t family, std::uint32_t sequence) {
  auto message = begin_request(family, NLM_F_REQUEST, sequence, uapi::cmd_accept);
  append_attribute(message, uapi::accept_handler_class, uapi::handler_class_tlshd);
  netlink::set_length(message);
  return message;
}

std::vector<std::byte> build_done(std::uint16_t family, std::uint32_t sequence,
                                  const HandshakeOutcome& outcome) {
  auto message = begin_request(family, NLM_F_REQUEST | NLM_F_ACK, sequence, uapi::cmd_done);
  append_attribute(message, uapi::done_status, static_cast<std::uint32_t>(outcome.status));
  append_attribute(message, uapi::done_sockfd, outcome.sockfd);
  if (outcome.status == 0 && outcome.remote_peer)
    append_attribute(message, uapi::done_remote_auth, *outcome.remote_peer);
  if (outcome.status == 0) {
    for (const std::string& tag : outcome.tags)
      append_bytes(message, uapi::done_tag, std::as_bytes(std::span(tag.c_str(), tag.size() + 1)));
  }
  netlink::set_length(message);
  return message;
}

} // namespace ktls
