// See prober.h.
#include "tools/doctor/prober.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <exception>
#include <memory>
#include <utility>

#include "engines/containerd/containerd_client.h"
#include "engines/cri/cri_client.h"
#include "net/grpc/client.h"
#include "net/http_client.h"

namespace tools::doctor {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using Version = base::Result<std::string>;

constexpr unsigned kOk = 200;

// One way to ask: version() is the small request, too.
class Question {
 public:
  virtual ~Question() = default;
  virtual asio::awaitable<Version> version() = 0;
};

class HttpQuestion final : public Question {
 public:
  HttpQuestion(const char* name, const char* ping, asio::any_io_executor executor, net::UnixAddress address,
               std::chrono::milliseconds timeout)
      : name_(name),
        ping_(ping),
        client_(std::move(executor), std::move(address), net::HttpLimits{.timeout = timeout}) {}

  // Asked for once, and then the ping is what is timed.
  asio::awaitable<Version> version() override {
    std::string target = ping_;
    base::Result<net::HttpResponse> answer = co_await client_.get(std::move(target));
    if (!answer) co_return base::Error{answer.error()};
    if (answer->status != kOk) {
      co_return base::Error{fmt::format("GET {} at {} answered {}", ping_, client_.path(), answer->status)};
    }
    if (version_.empty()) {
      target = "/version";
      base::Result<net::HttpResponse> told = co_await client_.get(std::move(target));
      version_ = told && told->status == kOk ? version_in(told->body) : "of unknown version";
    }
    co_return fmt::format("{} {}", name_, version_);
  }

 private:
  static std::string version_in(const std::string& body) {
    boost::system::error_code error;
    const boost::json::value value = boost::json::parse(body, error);
    const boost::json::object* object = error ? nullptr : value.if_object();
    const boost::json::value* version = object == nullptr ? nullptr : object->if_contains("Version");
    return version != nullptr && version->is_string() ? std::string(version->as_string())
                                                      : "of unknown version";
  }

  const char* name_;
  const char* ping_;
  std::string version_;
  net::HttpClient client_;
};

class GrpcQuestion : public Question {
 public:
  GrpcQuestion(net::UnixAddress address, std::chrono::milliseconds timeout)
      : client_(std::move(address), timeout) {}

  asio::awaitable<Version> version() override {
    if (!connected_) {
      base::Status connected = co_await client_.connect();
      if (!connected.ok()) co_return base::Error{connected.error()};
      connected_ = true;
    }
    co_return co_await ask();
  }

 protected:
  virtual asio::awaitable<Version> ask() = 0;
  net::grpc::Client& client() { return client_; }

 private:
  net::grpc::Client client_;
  bool connected_ = false;
};

class ContainerdQuestion final : public GrpcQuestion {
 public:
  using GrpcQuestion::GrpcQuestion;
  asio::awaitable<Version> ask() override {
    engines::containerd::ContainerdClient containerd(client());
    Version version = co_await containerd.version();
    if (!version.ok()) co_return base::Error{version.error()};
    co_return "containerd " + *version;
  }
};

class CriQuestion final : public GrpcQuestion {
 public:
  using GrpcQuestion::GrpcQuestion;
  asio::awaitable<Version> ask() override {
    engines::cri::CriClient cri(client(), engines::Settings{});
    base::Result<engines::cri::Version> version = co_await cri.version();
    if (!version.ok()) co_return base::Error{version.error()};
    co_return fmt::format("{} {}", version->runtime_name, version->runtime_version);
  }
};

std::unique_ptr<Question> question_for(std::string_view engine, const asio::any_io_executor& executor,
                                       net::UnixAddress address, std::chrono::milliseconds timeout) {
  if (engine == "docker") {
    return std::make_unique<HttpQuestion>("Docker", "/_ping", executor, std::move(address), timeout);
  }
  if (engine == "podman") {
    return std::make_unique<HttpQuestion>("Podman", "/libpod/_ping", executor, std::move(address), timeout);
  }
  if (engine == "containerd") return std::make_unique<ContainerdQuestion>(std::move(address), timeout);
  return std::make_unique<CriQuestion>(std::move(address), timeout);
}

struct Outcome {
  Probe probe;
  std::string error;
};

asio::awaitable<void> ask(Question& question, unsigned trips, Clock::time_point deadline, Outcome& outcome) {
  for (unsigned i = 0; i < trips && (i == 0 || Clock::now() < deadline); ++i) {
    const Clock::time_point begin = Clock::now();
    Version version = co_await question.version();
    if (!version.ok()) {
      if (i == 0) outcome.error = version.error();
      co_return;
    }
    const std::chrono::duration<double, std::milli> took = Clock::now() - begin;
    // The first one includes the connection.
    if (i > 0 || trips == 1) outcome.probe.trips_ms.push_back(took.count());
    outcome.probe.version = *std::move(version);
  }
}

}  // namespace

double Probe::percentile(unsigned percent) const {
  if (trips_ms.empty()) return 0;
  constexpr size_t kWhole = 100;
  const size_t rank = (trips_ms.size() * percent + kWhole - 1) / kWhole;
  return trips_ms[std::max<size_t>(rank, 1) - 1];
}

base::Result<Probe> probe(std::string_view engine, const std::string& shown, const std::string& path,
                          unsigned trips, std::chrono::milliseconds limit) {
  asio::io_context loop;
  Outcome outcome;
  net::UnixAddress address(shown, path, [&](uint32_t uid) { outcome.probe.peer = uid; });
  const std::unique_ptr<Question> question =
      question_for(engine, loop.get_executor(), std::move(address), limit);
  asio::co_spawn(loop, ask(*question, trips, Clock::now() + limit, outcome),
                 [&](const std::exception_ptr& failure) {
                   loop.stop();
                   if (failure) std::rethrow_exception(failure);
                 });
  loop.run();
  if (!outcome.error.empty()) return base::Error{outcome.error};
  std::sort(outcome.probe.trips_ms.begin(), outcome.probe.trips_ms.end());
  return std::move(outcome.probe);
}

}  // namespace tools::doctor
