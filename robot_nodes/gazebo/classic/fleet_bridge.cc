// World plugin of Gazebo 11 that steps a world exactly, over one connection on loopback.
//
//   <plugin name="fleet_bridge" filename="libfleet_bridge.so"><port>11500</port></plugin>
//
// Protocol 1: lines of ASCII words between single blanks, ended by \n; metres, radians, seconds.
//
//   client                            server
//   H 1                               H 1 <dt> <world>   greeting; first, and once a connection
//   W <model> <radius> <track> <torque>   a robot's wheels, `left_joint` and `right_joint`; they
//                                     brake until told to drive
//   D <model> <ahead> <turn>          speeds of a robot, reached with at most 1 m/s², 4 rad/s²
//   J <model> <joint> <to> <speed>    send a slider to a position with at most `speed`
//   S <n>                             run n steps (0: none), then the state
//   X                                 end the server, which is also the way back to the beginning:
//                                     Gazebo's own reset does not repeat to the bit
//
// A state:  T <steps>                                         since the beginning
//           P <model> <x> <y> <z> <yaw> <roll> <pitch>        each model that is not static
//           Q <model> <joint> <position> <speed>              each slider that was told something
//           C <shape> <shape> <depth>                         each pair that touched since the
//                                                             state before, at its deepest;
//                                                             robots' wheels and casters apart
//           .                                                 the end
//
// W, D and J are answered only when refused, with `E <code> <text>`; nothing moves for them then.
// Codes: malformed, number (not finite, or out of range), model, joint, version.
//
// Between two S nothing moves. Every prismatic joint holds its place from the first step on, with
// the effort of its limit. When the client is lost everything stops; another may connect. A server
// without a client for some seconds ends itself with exit code 0, one that cannot listen with 3.

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <gazebo/common/Events.hh>
#include <gazebo/common/Plugin.hh>
#include <gazebo/physics/physics.hh>

namespace gazebo
{
namespace
{
constexpr int kProtocol = 1;
constexpr int kCannotListen = 3;
// Milliseconds without a client, at the beginning and after one was lost.
constexpr int kFirstClient = 60000;
constexpr int kNextClient = 3000;
// Steps between two looks whether the client is still there.
constexpr long kLook = 16;
constexpr long kMostSteps = 1000000;
constexpr size_t kLongestLine = 1024;

// A robot's base, as robot_nodes/core/body.py has it.
constexpr double kAcceleration = 1.0;
constexpr double kTurnAcceleration = 4.0;
// A slider starts and brakes gently, so that what stands on it does not slip.
constexpr double kSliderAcceleration = 1.0;
// The share of the last gap gone in one step: all of it would make the joint tremble.
constexpr double kSettle = 0.5;
// A joint without a limit of its effort.
constexpr double kEffort = 1000.0;

double Within(double _x, double _most)
{
  return std::max(-_most, std::min(_most, _x));
}

// A joint's motor. Gazebo takes long to be told what it knows: only changes are.
class Motor
{
  public: explicit Motor(const physics::JointPtr &_joint) : joint(_joint) {}

  public: void Run(double _effort, double _speed)
  {
    if (_effort != this->effort)
      this->joint->SetParam("fmax", 0, this->effort = _effort);
    if (_speed != this->speed)
      this->joint->SetParam("vel", 0, this->speed = _speed);
  }

  private: physics::JointPtr joint;
  private: double effort = -1, speed = -1;
};

struct Slider
{
  physics::JointPtr joint;
  Motor motor;
  double target, most, effort;
  double speed = 0;
  bool told = false;

  explicit Slider(const physics::JointPtr &_joint)
      : joint(_joint), motor(_joint), target(_joint->Position(0)), most(0), effort(_joint->GetEffortLimit(0))
  {
    if (!(effort > 0))
      effort = kEffort;
  }

  void Hold(double _at)
  {
    this->target = _at;
    this->most = 0;
    this->speed = 0;
  }

  void Step(double _dt)
  {
    const double gap = this->target - this->joint->Position(0);
    // Holding, the joint may be pulled back as fast as it could have been sent.
    const double most = this->most > 0 ? this->most : kSliderAcceleration * _dt;
    const double braking = std::sqrt(2 * kSliderAcceleration * std::abs(gap));
    const double fast = std::min({most, braking, kSettle * std::abs(gap) / _dt});
    const double wanted = std::copysign(fast, gap);
    const double change = kSliderAcceleration * _dt;
    // Slowing down follows the distance left; only speeding up is limited.
    if (wanted * this->speed >= 0 && std::abs(wanted) <= std::abs(this->speed))
      this->speed = wanted;
    else
      this->speed += Within(wanted - this->speed, change);
    this->motor.Run(this->effort, this->speed);
  }
};

struct Robot
{
  Motor left, right;
  double radius, track, torque;
  double ahead = 0, turn = 0;
  double speed = 0, spin = 0;

  void Step(double _dt)
  {
    this->speed += Within(this->ahead - this->speed, kAcceleration * _dt);
    this->spin += Within(this->turn - this->spin, kTurnAcceleration * _dt);
    const double apart = this->spin * this->track / 2;
    this->left.Run(this->torque, (this->speed - apart) / this->radius);
    this->right.Run(this->torque, (this->speed + apart) / this->radius);
  }
};

struct Shape
{
  std::string name;
  bool rolls;
};
}  // namespace

class FleetBridge : public WorldPlugin
{
  public: void Load(physics::WorldPtr _world, sdf::ElementPtr _sdf) override
  {
    this->world = _world;
    this->port = _sdf->Get<int>("port", 0).first;
    this->dt = _world->Physics()->GetMaxStepSize();
    this->Listen();
    _world->Physics()->GetContactManager()->SetNeverDropContacts(true);
    this->begin = event::Events::ConnectWorldUpdateBegin(
        [this](const common::UpdateInfo &) { this->OnBegin(); });
    this->end = event::Events::ConnectWorldUpdateEnd([this] { this->OnEnd(); });
  }

  // ---- the connection ----

  private: void Listen()
  {
    this->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int one = 1;
    setsockopt(this->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    here.sin_port = htons(static_cast<uint16_t>(this->port));
    if (this->port < 1 || this->port > 65535 ||
        bind(this->listener, reinterpret_cast<sockaddr *>(&here), sizeof here) ||
        listen(this->listener, 1))
    {
      std::fprintf(stderr, "fleet_bridge: cannot listen on port %d: %s\n", this->port,
                   this->port < 1 || this->port > 65535 ? "no such port" : std::strerror(errno));
      _exit(kCannotListen);
    }
    // Who started the server waits for this line: until then others may listen on the port.
    std::fprintf(stderr, "fleet_bridge: listening on port %d\n", this->port);
  }

  private: void Accept()
  {
    pollfd wait{this->listener, POLLIN, 0};
    const int found = poll(&wait, 1, this->had ? kNextClient : kFirstClient);
    if (found < 0 && errno == EINTR)
      return;
    if (found <= 0)
    {
      std::fprintf(stderr, "fleet_bridge: no client, ending\n");
      _exit(0);
    }
    this->client = accept4(this->listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (this->client < 0)
      return;
    const int one = 1;
    setsockopt(this->client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    // One client: another is refused by the kernel, not kept waiting.
    close(this->listener);
    this->listener = -1;
    this->in.clear();
    this->greeted = false;
    this->had = true;
  }

  private: void Lost()
  {
    close(this->client);
    this->client = -1;
    this->left = 0;
    this->answer = false;
    for (auto &one : this->robots)
      one.second.ahead = one.second.turn = 0;
    for (auto &one : this->sliders)
      one.second.Hold(one.second.joint->Position(0));
    this->Listen();
  }

  private: bool StillThere()
  {
    char byte;
    const ssize_t got = recv(this->client, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR));
  }

  private: bool ReadLine(std::string &_line)
  {
    for (;;)
    {
      const size_t end = this->in.find('\n');
      if (end != std::string::npos)
      {
        _line = this->in.substr(0, end);
        this->in.erase(0, end + 1);
        return true;
      }
      if (this->in.size() > kLongestLine)
        return false;
      char part[65536];
      const ssize_t got = recv(this->client, part, sizeof part, 0);
      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        return false;
      this->in.append(part, static_cast<size_t>(got));
    }
  }

  private: void Send(const std::string &_text)
  {
    size_t gone = 0;
    while (gone < _text.size())
    {
      const ssize_t sent =
          send(this->client, _text.data() + gone, _text.size() - gone, MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR)
        continue;
      if (sent <= 0)
        return;  // the next read finds that the client is gone
      gone += static_cast<size_t>(sent);
    }
  }

  private: void Refuse(const std::string &_code, const std::string &_text)
  {
    this->Send("E " + _code + ' ' + _text + '\n');
  }

  // ---- commands ----

  private: static std::vector<std::string> Words(const std::string &_line)
  {
    std::vector<std::string> words;
    size_t from = 0;
    for (;;)
    {
      const size_t to = _line.find(' ', from);
      words.push_back(_line.substr(from, to == std::string::npos ? to : to - from));
      if (to == std::string::npos)
        return words;
      from = to + 1;
    }
  }

  // Reads the words from `_from` on as numbers; tells the client when one is none.
  private: bool Numbers(const std::vector<std::string> &_words, size_t _from,
                        std::vector<double> &_numbers)
  {
    for (size_t i = _from; i < _words.size(); ++i)
    {
      char *end = nullptr;
      const double number = std::strtod(_words[i].c_str(), &end);
      if (_words[i].empty() || *end != '\0')
      {
        this->Refuse("malformed", '"' + _words[i] + "\" is no number");
        return false;
      }
      if (!std::isfinite(number))
      {
        this->Refuse("number", _words[i] + " is not finite");
        return false;
      }
      _numbers.push_back(number);
    }
    return true;
  }

  private: void Obey(const std::string &_line)
  {
    static const std::map<std::string, size_t> lengths{
        {"H", 2}, {"W", 5}, {"D", 4}, {"J", 5}, {"S", 2}, {"X", 1}};
    const auto words = this->Words(_line);
    const auto length = lengths.find(words[0]);
    if (length == lengths.end() || length->second != words.size())
      return this->Refuse("malformed", "\"" + _line.substr(0, 80) + '"');
    const char kind = words[0][0];
    if (kind == 'H')
      return this->Greet(words[1]);
    if (!this->greeted)
      return this->Refuse("version", "greet first: H " + std::to_string(kProtocol));
    std::vector<double> numbers;
    const size_t first = kind == 'J' ? 3 : kind == 'S' ? 1 : 2;
    if (kind != 'X' && !this->Numbers(words, first, numbers))
      return;
    switch (kind)
    {
      case 'W': return this->Wheels(words[1], numbers);
      case 'D': return this->Drive(words[1], numbers);
      case 'J': return this->Slide(words[1], words[2], numbers);
      case 'S': return this->Steps(numbers[0]);
      default: _exit(0);
    }
  }

  private: void Greet(const std::string &_version)
  {
    if (_version != std::to_string(kProtocol))
      return this->Refuse("version", "this is protocol " + std::to_string(kProtocol));
    char dt[32];
    std::snprintf(dt, sizeof dt, "%.12g", this->dt);
    this->Send("H " + _version + ' ' + dt + ' ' + this->world->Name() + '\n');
    this->greeted = true;
  }

  private: void Wheels(const std::string &_model, const std::vector<double> &_numbers)
  {
    const auto model = this->world->ModelByName(_model);
    if (!model)
      return this->Refuse("model", "there is no model " + _model);
    const auto left = model->GetJoint("left_joint"), right = model->GetJoint("right_joint");
    if (!left || !right)
      return this->Refuse("joint", _model + " has no left_joint and right_joint");
    const Robot robot{Motor(left), Motor(right), _numbers[0], _numbers[1], _numbers[2]};
    if (!(robot.radius > 0 && robot.track > 0 && robot.torque > 0))
      return this->Refuse("number", "radius, track and torque are greater than 0");
    this->robots.erase(_model);
    this->robots.emplace(_model, robot);
    this->shapes.clear();
  }

  private: void Drive(const std::string &_model, const std::vector<double> &_numbers)
  {
    const auto found = this->robots.find(_model);
    if (found == this->robots.end())
      return this->Refuse("model", "there is no robot " + _model);
    found->second.ahead = _numbers[0];
    found->second.turn = _numbers[1];
  }

  private: void Slide(const std::string &_model, const std::string &_joint,
                      const std::vector<double> &_numbers)
  {
    const auto found = this->sliders.find({_model, _joint});
    if (found == this->sliders.end())
    {
      if (!this->world->ModelByName(_model))
        return this->Refuse("model", "there is no model " + _model);
      return this->Refuse("joint", _model + " has no slider " + _joint);
    }
    auto &slider = found->second;
    if (!(_numbers[1] > 0))
      return this->Refuse("number", "the speed of a slider is greater than 0");
    if (_numbers[0] < slider.joint->LowerLimit(0) || _numbers[0] > slider.joint->UpperLimit(0))
      return this->Refuse("number", _joint + " of " + _model + " does not reach so far");
    const double limit = slider.joint->GetVelocityLimit(0);
    slider.target = _numbers[0];
    slider.most = limit > 0 ? std::min(_numbers[1], limit) : _numbers[1];
    slider.told = true;
  }

  private: void Steps(double _steps)
  {
    if (_steps < 0 || _steps > kMostSteps || _steps != std::floor(_steps))
      return this->Refuse("number", "steps are a whole number up to a million");
    this->left = static_cast<long>(_steps);
    this->answer = true;
  }

  // ---- the state ----

  private: void State()
  {
    std::string out = "T " + std::to_string(this->done) + '\n';
    char text[512];
    for (const auto &model : this->world->Models())
    {
      if (model->IsStatic())
        continue;
      const auto pose = model->WorldPose();
      std::snprintf(text, sizeof text, " %.12g %.12g %.12g %.12g %.12g %.12g\n", pose.Pos().X(),
                    pose.Pos().Y(), pose.Pos().Z(), pose.Rot().Yaw(), pose.Rot().Roll(),
                    pose.Rot().Pitch());
      out += "P " + model->GetName() + text;
    }
    for (const auto &one : this->sliders)
    {
      if (!one.second.told)
        continue;
      std::snprintf(text, sizeof text, " %.12g %.12g\n", one.second.joint->Position(0),
                    one.second.joint->GetVelocity(0));
      out += "Q " + one.first.first + ' ' + one.first.second + text;
    }
    for (const auto &one : this->touched)
    {
      std::snprintf(text, sizeof text, " %.6g\n", one.second);
      out += "C " + one.first.first + ' ' + one.first.second + text;
    }
    this->touched.clear();
    this->Send(out + ".\n");
  }

  private: const Shape &Known(const physics::Collision *_collision)
  {
    const auto found = this->shapes.find(_collision);
    if (found != this->shapes.end())
      return found->second;
    const auto name = _collision->GetScopedName();
    const bool rolls =
        this->robots.count(name.substr(0, name.find("::"))) &&
        (name.find("wheel") != std::string::npos || name.find("caster") != std::string::npos);
    return this->shapes[_collision] = Shape{name, rolls};
  }

  // ---- the steps ----

  private: void FindSliders()
  {
    for (const auto &model : this->world->Models())
      for (const auto &joint : model->GetJoints())
        if (joint->HasType(physics::Base::SLIDER_JOINT))
          this->sliders.emplace(std::make_pair(model->GetName(), joint->GetName()),
                                Slider(joint));
    this->found = true;
  }

  private: void OnBegin()
  {
    if (!this->found)
      this->FindSliders();
    if (this->left > 0 && this->done % kLook == 0 && !this->StillThere())
      this->Lost();
    while (this->left == 0)
    {
      if (this->client < 0)
      {
        this->Accept();
        continue;
      }
      if (this->answer)
      {
        this->answer = false;
        this->State();
      }
      std::string line;
      if (this->ReadLine(line))
        this->Obey(line);
      else
        this->Lost();
    }
    --this->left;
    ++this->done;
    for (auto &one : this->robots)
      one.second.Step(this->dt);
    for (auto &one : this->sliders)
      one.second.Step(this->dt);
  }

  private: void OnEnd()
  {
    const auto contacts = this->world->Physics()->GetContactManager();
    for (unsigned int i = 0; i < contacts->GetContactCount(); ++i)
    {
      const auto contact = contacts->GetContact(i);
      if (contact->count < 1)
        continue;
      const auto &first = this->Known(contact->collision1);
      const auto &second = this->Known(contact->collision2);
      if (first.rolls || second.rolls)
        continue;
      auto &depth = this->touched[std::minmax(first.name, second.name)];
      for (int k = 0; k < contact->count; ++k)
        depth = std::max(depth, contact->depths[k]);
    }
  }

  private: physics::WorldPtr world;
  private: event::ConnectionPtr begin, end;
  private: double dt = 0;
  private: int port = 0, listener = -1, client = -1;
  private: bool had = false, greeted = false, answer = false, found = false;
  private: std::string in;
  private: long left = 0, done = 0;
  private: std::map<std::string, Robot> robots;
  private: std::map<std::pair<std::string, std::string>, Slider> sliders;
  private: std::map<std::pair<std::string, std::string>, double> touched;
  private: std::unordered_map<const physics::Collision *, Shape> shapes;
};

GZ_REGISTER_WORLD_PLUGIN(FleetBridge)
}  // namespace gazebo
