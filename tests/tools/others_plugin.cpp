// A plugin called `container` that is not this project's, as far as `ctrmeta doctor` looks at it. Never
// initialised.
extern "C" {
[[gnu::visibility("default")]] const char* plugin_get_required_api_version() {
  return "3.10.0";
}
[[gnu::visibility("default")]] const char* plugin_get_name() {
  return "container";
}
[[gnu::visibility("default")]] const char* plugin_get_description() {
  return "another one";
}
[[gnu::visibility("default")]] const char* plugin_get_contact() {
  return "somebody else";
}
[[gnu::visibility("default")]] const char* plugin_get_version() {
  return "0.7.1";
}
[[gnu::visibility("default")]] const char* plugin_get_last_error(void*) {
  return "";
}
[[gnu::visibility("default")]] void* plugin_init(const void*, int* status) {
  *status = 1;
  return nullptr;
}
[[gnu::visibility("default")]] void plugin_destroy(void*) {}
}
