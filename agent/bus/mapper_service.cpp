// SPDX-License-Identifier: GPL-2.0-or-later
#include "bus/mapper_service.hpp"

#include <fmt/format.h>

#include "bus/compatibility.hpp"
#include "bus/context_dictionary.hpp"
#include "bus/generated/mapper1_adaptor.hpp"

namespace ktls::bus {
namespace {

constexpr std::uint32_t no_uid = 0xffffffff;
constexpr const char* access_denied = "org.freedesktop.DBus.Error.AccessDenied";
constexpr const char* invalid_args = "org.freedesktop.DBus.Error.InvalidArgs";

using StepStruct =
    sdbus::Struct<std::string, std::uint32_t, std::uint32_t, std::string, Dictionary>;

Dictionary evidence_of(const Evidence& evidence) {
  return {{"Source", sdbus::Variant(evidence.source)},
          {"Rule", sdbus::Variant(evidence.rule)},
          {"Attribute", sdbus::Variant(evidence.attribute)},
          {"Groups", sdbus::Variant(evidence.groups)},
          {"AccountState", sdbus::Variant(static_cast<std::uint32_t>(AccountState::Active))}};
}

Dictionary detail_of(const Account& account) {
  Dictionary out;
  if (!account.user.empty()) {
    out.emplace("User", sdbus::Variant(account.user));
    out.emplace("Groups", sdbus::Variant(account.groups));
  }
  if (!account.why.empty())
    out.emplace("Why", sdbus::Variant(account.why));
  return out;
}

StepStruct struct_of(const MapStep& step) {
  Dictionary detail;
  for (const auto& [key, value] : {std::pair("User", &step.user), std::pair("Rule", &step.rule),
                                   std::pair("Attribute", &step.attribute)}) {
    if (!value->empty())
      detail.emplace(key, sdbus::Variant(*value));
  }
  return {step.source, step.result, step.strength, step.why, std::move(detail)};
}

} // namespace

class MapperService::Object final : public sdbus::AdaptorInterfaces<org::ktlsctl::Mapper1_adaptor> {
public:
  Object(Connection& connection, Handlers handlers)
      : AdaptorInterfaces(connection.raw(), sdbus::ObjectPath(mapper_path)),
        connection_(connection), handlers_(std::move(handlers)), callers_(connection, {}) {
    registerAdaptor();
  }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  ~Object() { unregisterAdaptor(); }

  void allow_callers(std::vector<uid_t> uids) { callers_.allow(std::move(uids)); }
  void set_max_in_flight(std::size_t calls) { max_in_flight_ = calls; }
  void mappings_changed() {
    ++generation_;
    try {
      emitMappingsChanged(generation_);
    } catch (const sdbus::Error&) { // the bus is lost, which is seen elsewhere
    }
    connection_.flush();
  }

private:
  // The answer to one call, which is given once.
  template<class... Results>
  class Reply {
  public:
    Reply(Object& object, sdbus::Result<Results...>&& result)
        : object_(object), result_(std::make_shared<sdbus::Result<Results...>>(std::move(result))) {
    }
    void give(const Results&... results) const {
      end([&] { result_->returnResults(results...); });
    }
    void fail(const char* name, const std::string& text) const {
      end([&] { result_->returnError(make_error(name, text)); });
    }
    void fail(const Refused& refused) const {
      fail(error_name(refused.refusal).c_str(), refused.text);
    }

  private:
    template<class Send>
    void end(Send send) const {
      --object_.in_flight_;
      try {
        send();
      } catch (const sdbus::Error&) { // the caller is gone, or the bus is
      }
      object_.connection_.flush();
    }

    Object& object_;
    std::shared_ptr<sdbus::Result<Results...>> result_;
  };

  // `serve` if there is room, and who calls may.
  template<class... Results>
  void begin(const Reply<Results...>& reply, std::function<void()> serve) {
    if (++in_flight_ > max_in_flight_)
      return reply.fail(
          {Refusal::Busy, fmt::format("{} calls are in flight: max_in_flight", max_in_flight_)});
    callers_.judge(sender_of(getObject()),
                   [reply, serve = std::move(serve)](Callers::Judgement judgement) {
                     switch (judgement) {
                     case Callers::Judgement::Admitted:
                       return serve();
                     case Callers::Judgement::Refused:
                       return reply.fail(access_denied, "only root and the agent's user may ask");
                     case Callers::Judgement::Unknown:
                       return reply.fail(access_denied, "the bus does not say who asks");
                     }
                   });
  }

  // `serve` with a chain and a context that are within the limits.
  template<class... Results>
  void begin(const Reply<Results...>& reply, Chain&& chain, const Dictionary& dictionary,
             std::function<void(Chain, Context)> serve) {
    const auto shared = std::make_shared<Chain>(std::move(chain));
    begin(reply, [reply, shared, dictionary, serve = std::move(serve)] {
      if (const auto refused = unfit(*shared))
        return reply.fail(*refused);
      auto context = context_from(dictionary);
      if (!context)
        return reply.fail(invalid_args, "context: " + context.error());
      serve(std::move(*shared), std::move(*context));
    });
  }

  void MapCertificate(sdbus::Result<std::string, std::uint32_t, std::uint32_t, Dictionary>&& result,
                      Chain chain, Dictionary context) override {
    const Reply reply(*this, std::move(result));
    begin(reply, std::move(chain), context, [this, reply](Chain its_chain, Context its_context) {
      handlers_.map(std::move(its_chain), std::move(its_context), [reply](MapAnswer answer) {
        if (!answer)
          return reply.fail(answer.error());
        reply.give(answer->user, answer->uid, answer->strength, evidence_of(answer->evidence));
      });
    });
  }

  void CheckAccount(sdbus::Result<std::uint32_t, Dictionary>&& result, std::uint32_t uid) override {
    const Reply reply(*this, std::move(result));
    begin(reply, [this, reply, uid] {
      handlers_.check_account(uid, [reply](AccountAnswer answer) {
        if (!answer)
          return reply.fail(answer.error());
        reply.give(static_cast<std::uint32_t>(answer->state), detail_of(*answer));
      });
    });
  }

  void TestMapping(sdbus::Result<std::vector<StepStruct>, std::string, std::uint32_t, std::uint32_t,
                                 std::string>&& result,
                   Chain chain, Dictionary context) override {
    const Reply reply(*this, std::move(result));
    begin(reply, std::move(chain), context, [this, reply](Chain its_chain, Context its_context) {
      handlers_.test(std::move(its_chain), std::move(its_context), [reply](TestAnswer answer) {
        if (!answer)
          return reply.fail(answer.error());
        std::vector<StepStruct> steps;
        for (const auto& step : answer->steps)
          steps.push_back(struct_of(step));
        if (const auto& found = answer->answer)
          return reply.give(steps, found->user, found->uid, found->strength, "");
        const auto& refused = answer->answer.error();
        reply.give(steps, "", no_uid, 0,
                   fmt::format("{}: {}", name_of(refused.refusal), refused.text));
      });
    });
  }

  void ShowMappings(sdbus::Result<std::string>&& result) override {
    const Reply reply(*this, std::move(result));
    begin(reply, [this, reply] { reply.give(handlers_.show()); });
  }

  std::uint64_t Generation() override { return generation_; }

  Connection& connection_;
  Handlers handlers_;
  Callers callers_;
  std::size_t max_in_flight_ = 0;
  std::size_t in_flight_ = 0;
  std::uint64_t generation_ = 0;
};

MapperService::MapperService(std::unique_ptr<Object> object) : object_(std::move(object)) {}
MapperService::~MapperService() = default;

Result<std::unique_ptr<MapperService>> MapperService::create(Connection& connection,
                                                             Handlers handlers) {
  try {
    std::unique_ptr<MapperService> made(
        new MapperService(std::make_unique<Object>(connection, std::move(handlers))));
    return made;
  } catch (const sdbus::Error& error) {
    return errno_error("serving " + std::string(mapper_path) + ": " + error.getMessage(), EPROTO);
  }
}

void MapperService::allow_callers(std::vector<uid_t> uids) {
  object_->allow_callers(std::move(uids));
}
void MapperService::set_max_in_flight(std::size_t calls) {
  object_->set_max_in_flight(calls);
}
void MapperService::mappings_changed() {
  object_->mappings_changed();
}

} // namespace ktls::bus
