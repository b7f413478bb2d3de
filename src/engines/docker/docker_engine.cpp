// See docker_engine.h.
#include "engines/docker/docker_engine.h"

#include "base/lru.h"
#include "engines/docker/docker_mapping.h"
#include "engines/http_engine.h"

namespace engines::docker {

namespace asio = boost::asio;

namespace {

constexpr size_t kRememberedImages = 1024;
constexpr unsigned kOk = 200;
constexpr unsigned kNotFound = 404;

constexpr Dialect kDialect{
    .name = "Docker",
    .ping = "/_ping",
    .version_header = "api-version",
    .foreign_header = "libpod-api-version",
    .foreign_name = "podman",
    .prefix = "",
    .event_query = "",
    .type = core::ContainerType::kDocker,
    .map_inspect = map_inspect,
    .map_list = map_list,
    .event_keys = event_keys,
};

class DockerEngine final : public HttpEngine {
 public:
  explicit DockerEngine(const Context& context) : HttpEngine(context, kDialect), images_(kRememberedImages) {}

 protected:
  asio::awaitable<void> complete(Inspected& inspected) override;
  // An image's tags and digests change when others are pulled.
  void forget() override { images_.clear(); }

 private:
  base::Lru<Image> images_;  // by image id: one image serves thousands of containers
};

asio::awaitable<void> DockerEngine::complete(Inspected& inspected) {
  core::Container& container = inspected.container;
  const std::string image_id = container.image_id;
  if (!is_container_id(image_id)) co_return;
  if (const Image* known = images_.get(image_id)) {
    apply_image(*known, container);
    co_return;
  }
  Image image;
  const std::string target = "/images/" + image_id + "/json";
  base::Result<net::HttpResponse> answer = co_await get(target);
  // An image that was removed while its container runs is remembered as one without names.
  const bool gone = answer && answer->status == kNotFound;
  bool known = gone;
  if (answer && answer->status == kOk) {
    base::Result<Image> mapped = map_image(answer->body);
    known = mapped.ok();
    if (mapped) image = std::move(*mapped);
  }
  apply_image(image, container);
  if (known) images_.put(image_id, std::move(image));
}

}  // namespace

std::unique_ptr<Engine> create(const Context& context) {
  return std::make_unique<DockerEngine>(context);
}

}  // namespace engines::docker
