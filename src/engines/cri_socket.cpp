// See cri_socket.h.
#include "engines/cri_socket.h"

#include <utility>

#include "engines/containerd/containerd_client.h"
#include "engines/containerd/containerd_engine.h"
#include "engines/cri/cri_engine.h"
#include "net/grpc/client.h"

namespace engines {

namespace asio = boost::asio;

namespace {

class CriSocket final : public Engine {
 public:
  explicit CriSocket(const Context& context)
      : wanted_(context.settings.follow_containerd),
        question_(context.socket, context.settings.timeout),
        cri_(cri::create(context)),
        containerd_(containerd::create(context)) {}

  asio::awaitable<base::Error> session(Observer& observer) override {
    closed_ = false;
    active_ = cri_.get();
    if (wanted_) {
      const bool both = co_await is_containerd();
      if (both) active_ = containerd_.get();
    }
    if (closed_) co_return base::Error{question_.path() + ": closed"};
    co_return co_await active_->session(observer);
  }

  asio::awaitable<base::Result<std::optional<core::Container>>> lookup(std::string id) override {
    // A handle that names a namespace is containerd's.
    const bool foreign = active_ == cri_.get() && id.find('/') != std::string::npos;
    if (foreign) co_return std::optional<core::Container>();
    co_return co_await active_->lookup(std::move(id));
  }

  asio::awaitable<base::Status> probe() override { co_return co_await active_->probe(); }

  void close() override {
    closed_ = true;
    question_.close();
    active_->close();
  }

  net::Counters counters() const override {
    net::Counters all = cri_->counters();
    all.errors += containerd_->counters().errors;
    all.timeouts += containerd_->counters().timeouts;
    return all;
  }

 private:
  // A peer that does not answer this is left to the CRI engine, which says what is wrong with it.
  asio::awaitable<bool> is_containerd() {
    base::Status connected = co_await question_.connect();
    if (!connected.ok()) co_return false;
    containerd::ContainerdClient client(question_);
    base::Status spoken = co_await client.is_containerd();
    question_.close();
    co_return spoken.ok();
  }

  bool wanted_;
  bool closed_ = false;
  net::grpc::Client question_;
  std::unique_ptr<Engine> cri_;
  std::unique_ptr<Engine> containerd_;
  Engine* active_ = cri_.get();  // one of the two, chosen when a session begins
};

}  // namespace

std::unique_ptr<Engine> create_cri_socket(const Context& context) {
  return std::make_unique<CriSocket>(context);
}

}  // namespace engines
