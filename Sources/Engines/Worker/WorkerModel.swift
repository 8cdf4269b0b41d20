import Foundation
import LanguageModel
import TensorFiles

/// What a worker is asked to load, in its own machine's words.
package struct WorkerModel: Equatable, Sendable {
  package var model: String
  package var adapter: String?
  package var rotaryPrecision: String?

  package init(_ model: String, adapter: String? = nil, rotaryPrecision: String? = nil) {
    (self.model, self.adapter, self.rotaryPrecision) = (model, adapter, rotaryPrecision)
  }
}

/// What a worker says of the model that it has loaded; checked, and its texts safe to show.
package struct LoadedDescription: Sendable {
  package var model: EngineDescription
  package var name: String
  package var device: String
  package var dtype: String
  package var modelHash: String?
  package var revision: String?
  package var adapter: String?
  package var adapterHash: String?
  /// `rope_parameters` where the rotary embedding is by settings that some libraries pass over.
  package var rotarySettings: String?
  /// Of `ablate`, `steer`, `replace`, `lens`, `gradient`, `sample`.
  package var can: Set<String>

  /// Larger numbers are of no model there is, and products of two of them have to fit.
  private static let largest = 1 << 24
  private static let mostLayers = 1 << 12
  private static let mostHooks = 1 << 17

  init(_ reply: WireReply, asked: WorkerModel) throws {
    func wrong(_ text: String) -> WorkerConnection.WrongAnswer { .init(description: text) }
    func count(_ name: String, _ value: Int?, most: Int = Self.largest) throws -> Int {
      guard let value, (1...most).contains(value) else {
        throw wrong("expected \(name) of 1…\(most), found \(value.map(String.init) ?? "none")")
      }
      return value
    }
    func text(_ value: String?, atMost count: Int = 120) -> String? {
      value.map { EngineText.line($0, atMost: count) }.flatMap { $0.isEmpty ? nil : $0 }
    }
    func hash(_ name: String, _ value: String?) throws -> String? {
      guard let value else { return nil }
      guard value.utf8.count <= 256,
        value.utf8.allSatisfy({
          // A + stands between the weights of an adapter and its settings.
          (48...58).contains($0) || (97...122).contains($0) || [43, 45, 46].contains($0)
        })
      else {
        throw wrong("expected \(name) as a hash, found “\(EngineText.line(value, atMost: 60))”")
      }
      return value
    }
    let layers = try count("layers", reply.layers, most: Self.mostLayers)
    let width = try count("width", reply.width)
    guard let hooks = reply.hooks, hooks.count <= Self.mostHooks else {
      throw wrong("expected up to \(Self.mostHooks) hooks, found \(reply.hooks?.count ?? 0)")
    }
    var (names, widths) = (Set<String>(), [HookPoint: Int]())
    for hook in hooks {
      guard names.insert(hook.name).inserted else {
        throw wrong("hook \(EngineText.line(hook.name, atMost: 60)) is there twice")
      }
      let width = try count("a width of \(EngineText.line(hook.name, atMost: 60))", hook.width)
      // Hooks that have no name here cannot be asked for here.
      guard let point = try? HookPoint(hook.name) else { continue }
      if let layer = point.layer, layer >= layers {
        throw wrong("hook \(point.name) is of a model of more than its \(layers) layers")
      }
      widths[point] = width
    }
    for (point, found) in widths {
      switch point {
      case .residualPre, .residualMid, .residualPost:
        guard found == width else {
          throw wrong("\(point.name) is \(found) wide in a model of width \(width)")
        }
      default: break
      }
    }
    var refused: [HookPoint: String] = [:]
    for hook in (reply.refusedHooks ?? []).prefix(Self.mostHooks) {
      guard let point = try? HookPoint(hook.name) else { continue }
      refused[point] = text(hook.why, atMost: 200) ?? "it does not say why"
    }
    guard let engine = text(reply.engine, atMost: 300) else {
      throw wrong("expected a line on the engine, found none")
    }
    model = EngineDescription(
      engine: EngineDescription.withoutDeviceNumber(engine),
      family: text(reply.architecture) ?? "unknown", layerCount: layers,
      hiddenSize: width, vocabularySize: try count("vocabulary", reply.vocabulary),
      contextLength: try count("context", reply.context), widths: widths, refused: refused,
      starts: Set((reply.startsFrom ?? []).compactMap { try? HookPoint($0) }))
    model.rotaryPrecision = try reply.rotaryPrecision.map {
      guard let precision = RotaryEmbedding.Precision(rawValue: $0) else {
        throw wrong("rotaryPrecision is “\(EngineText.line($0, atMost: 40))”")
      }
      return precision
    }
    name = text(reply.model, atMost: 200) ?? EngineText.line(asked.model, atMost: 200)
    device = text(reply.device) ?? "unknown"
    dtype = text(reply.dtype) ?? "unknown"
    modelHash = try hash("modelHash", reply.modelHash)
    adapterHash = try hash("adapterHash", reply.adapterHash)
    revision = text(reply.revision)
    rotarySettings = reply.rotarySettings == "rope_parameters" ? reply.rotarySettings : nil
    adapter = text(reply.adapter, atMost: 200)
    can = Set(reply.can ?? [])
  }
}

extension LoadedDescription {
  /// What a reply's text says; for those who try it with any text at all.
  package init(reply text: String) throws {
    try self.init(
      try WireText.decoded(WireReply.self, text), asked: WorkerModel("model"))
  }
}
