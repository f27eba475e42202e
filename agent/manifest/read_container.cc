#include "manifest/read_container.h"

#include "base/str_cat.h"
#include "manifest/quantity.h"
#include "manifest/read_security.h"
#include "manifest/scalar.h"

namespace sekisho::manifest {
namespace {

Port ReadPort(const Fields& fields) {
  const std::optional<Value> value = fields.Scalar("port");
  if (!value.has_value()) {
    return {};
  }
  if (!IsNumber(*value->node)) {
    return {.text = value->node->text, .is_number = false};
  }
  return {.text = base::StrCat(fields.Int32("port")), .is_number = true};
}

HttpGet ReadHttpGet(const Fields& fields) {
  HttpGet get{.path = fields.Text("path"),
              .port = ReadPort(fields),
              .host = fields.Text("host"),
              .scheme = fields.Text("scheme"),
              .headers = {}};
  for (const Fields& header : fields.Objects("httpHeaders")) {
    get.headers.push_back({.name = header.Text("name"), .value = header.Text("value")});
  }
  return get;
}

std::optional<Handler> ReadHandler(const Fields& parent, std::string_view name) {
  const std::optional<Fields> fields = parent.Object(name);
  if (!fields.has_value()) {
    return std::nullopt;
  }
  Handler handler;
  if (const auto exec = fields->Object("exec")) {
    handler.exec = exec->Texts("command");
  }
  if (const auto get = fields->Object("httpGet")) {
    handler.http_get = ReadHttpGet(*get);
  }
  if (const auto socket = fields->Object("tcpSocket")) {
    handler.tcp_socket = TcpSocket{.port = ReadPort(*socket), .host = socket->Text("host")};
  }
  if (const auto sleep = fields->Object("sleep")) {
    handler.sleep_seconds = sleep->MaybeInt64("seconds").value_or(0);
  }
  return handler;
}

std::vector<EnvVar> ReadEnv(const Fields& parent) {
  std::vector<EnvVar> env;
  for (const Fields& fields : parent.Objects("env")) {
    EnvVar variable{.name = fields.Text("name"),
                    .value = fields.Text("value"),
                    .field_path = {},
                    .from_outside = false};
    if (const auto from = fields.Object("valueFrom")) {
      const auto field_ref = from->Object("fieldRef");
      variable.field_path = field_ref.has_value() ? field_ref->Text("fieldPath") : "";
      variable.from_outside = !field_ref.has_value();
    }
    env.push_back(std::move(variable));
  }
  return env;
}

std::vector<ContainerPort> ReadPorts(const Fields& parent) {
  std::vector<ContainerPort> ports;
  for (const Fields& fields : parent.Objects("ports")) {
    ports.push_back({.name = fields.Text("name"),
                     .container_port = fields.Int32("containerPort"),
                     .host_port = fields.Int32("hostPort"),
                     .protocol = fields.Text("protocol"),
                     .host_ip = fields.Text("hostIP")});
  }
  return ports;
}

std::vector<VolumeMount> ReadVolumeMounts(const Fields& parent) {
  std::vector<VolumeMount> mounts;
  for (const Fields& fields : parent.Objects("volumeMounts")) {
    mounts.push_back({.name = fields.Text("name"),
                      .mount_path = fields.Text("mountPath"),
                      .sub_path = fields.Text("subPath"),
                      .sub_path_expr = fields.Text("subPathExpr"),
                      .read_only = fields.Bool("readOnly"),
                      .recursive_read_only = fields.Text("recursiveReadOnly"),
                      .mount_propagation = fields.Text("mountPropagation")});
  }
  return mounts;
}

std::vector<VolumeDevice> ReadVolumeDevices(const Fields& parent) {
  std::vector<VolumeDevice> devices;
  for (const Fields& fields : parent.Objects("volumeDevices")) {
    devices.push_back({.name = fields.Text("name"), .device_path = fields.Text("devicePath")});
  }
  return devices;
}

std::map<std::string, std::string> ReadQuantities(const Fields& parent, std::string_view name) {
  std::map<std::string, std::string> quantities;
  const std::optional<Fields> fields = parent.Object(name);
  if (!fields.has_value()) {
    return quantities;
  }
  for (const auto& [resource, value] : fields->All()) {
    const std::optional<Value> scalar = fields->Scalar(resource);
    if (!scalar.has_value()) {
      continue;
    }
    if (!ParseMilli(scalar->node->text).has_value()) {
      fields->report().Error(*scalar, "is not a quantity", "write it like 100m, 1.5 or 64Mi");
      continue;
    }
    quantities.emplace(resource, scalar->node->text);
  }
  return quantities;
}

void ReadLifecycle(const Fields& fields, Container& container) {
  if (const auto lifecycle = fields.Object("lifecycle")) {
    container.post_start = ReadHandler(*lifecycle, "postStart");
    container.pre_stop = ReadHandler(*lifecycle, "preStop");
    container.stop_signal = lifecycle->Text("stopSignal");
  }
}

}  // namespace

Container ReadContainer(const Fields& fields, ContainerRole role) {
  Container container;
  container.role = role;
  container.where = fields.object().where;
  container.name = fields.Text("name");
  container.image = fields.Text("image");
  container.command = fields.Texts("command");
  container.args = fields.Texts("args");
  container.working_dir = fields.Text("workingDir");
  container.env = ReadEnv(fields);
  container.ports = ReadPorts(fields);
  if (const auto context = fields.Object("securityContext")) {
    container.security_context = ReadSecurityContext(*context);
  }
  container.volume_mounts = ReadVolumeMounts(fields);
  container.volume_devices = ReadVolumeDevices(fields);
  if (const auto resources = fields.Object("resources")) {
    container.resources = {.requests = ReadQuantities(*resources, "requests"),
                           .limits = ReadQuantities(*resources, "limits")};
  }
  container.liveness_probe = ReadHandler(fields, "livenessProbe");
  container.readiness_probe = ReadHandler(fields, "readinessProbe");
  container.startup_probe = ReadHandler(fields, "startupProbe");
  ReadLifecycle(fields, container);
  container.termination_message_path = fields.Text("terminationMessagePath");
  container.termination_message_policy = fields.Text("terminationMessagePolicy");
  container.restart_policy = fields.Text("restartPolicy");
  container.target_container_name = fields.Text("targetContainerName");
  container.stdin = fields.Bool("stdin");
  container.stdin_once = fields.Bool("stdinOnce");
  container.tty = fields.Bool("tty");
  return container;
}

}  // namespace sekisho::manifest
