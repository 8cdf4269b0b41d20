import LanguageModel
import TensorFiles

/// What is known of a model that an engine has loaded.
package struct EngineDescription: Sendable {
  /// Which engine, library, device and arithmetic, in a line: what records of its numbers say.
  package var engine: String
  /// The model family, such as `llama`.
  package var family: String
  package var layerCount: Int
  package var hiddenSize: Int
  package var vocabularySize: Int
  /// The longest sequence, in tokens.
  package var contextLength: Int
  /// What rotary frequencies are rounded to; `nil` for a model that has none, and where an engine does not say.
  package var rotaryPrecision: RotaryEmbedding.Precision?
  private let hooks: Hooks

  private enum Hooks: Sendable {
    case own(TransformerConfiguration)
    case listed(widths: [HookPoint: Int], refused: [HookPoint: String], starts: Set<HookPoint>)
  }

  /// How our own engine has always called itself in a store.
  package static let own = "exemplar"

  /// How our own engine calls itself as a worker.
  ///
  /// - Parameter program: its name and version.
  static func served(by program: String) -> String { "\(program), cpu, float32" }

  /// A model of our own engine.
  package init(_ model: TransformerConfiguration) {
    engine = Self.own
    family = model.family
    layerCount = model.layerCount
    (hiddenSize, vocabularySize) = (model.hiddenSize, model.vocabularySize)
    contextLength = model.contextLength
    rotaryPrecision = model.rotaryPrecision
    hooks = .own(model)
  }

  /// A model of an engine that lists what it can be asked for.
  ///
  /// - Parameters:
  ///   - widths: of every hook that can be read.
  ///   - refused: why others cannot.
  ///   - starts: where rows can be resumed.
  package init(
    engine: String, family: String, layerCount: Int, hiddenSize: Int, vocabularySize: Int,
    contextLength: Int, widths: [HookPoint: Int], refused: [HookPoint: String],
    starts: Set<HookPoint>
  ) {
    (self.engine, self.family) = (engine, family)
    (self.layerCount, self.hiddenSize) = (layerCount, hiddenSize)
    (self.vocabularySize, self.contextLength) = (vocabularySize, contextLength)
    hooks = .listed(widths: widths, refused: refused, starts: starts)
  }

  /// Whether it is the engine of this program.
  package var isOwn: Bool { if case .own = hooks { true } else { false } }

  /// What a record of numbers says, but for those of our own engine, which older records lack.
  package var recorded: String? { engine == Self.own ? nil : engine }

  /// An engine's line as records have it: which of several devices of one kind it was makes no number.
  package static func withoutDeviceNumber(_ line: String) -> String {
    line.replacing(/\b(cuda|xpu|npu|hpu|musa|mlu|xla|mps|cpu):[0-9]+\b/) { "\($0.output.1)" }
  }

  /// The number of floats a row has at `hook`; that of the residual stream where there is no such hook.
  package func width(at hook: HookPoint) -> Int {
    switch hooks {
    case .own(let model): model.width(at: hook)
    case .listed(let widths, _, _): widths[hook] ?? hiddenSize
    }
  }

  /// - Throws: `ModelError.unknownHook` where the model has no such layer or place, or the engine cannot read it.
  package func validate(_ hook: HookPoint) throws {
    switch hooks {
    case .own(let model): try model.validate(hook)
    case .listed(let widths, let refused, _):
      guard widths[hook] == nil else { return }
      if let layer = hook.layer, layer >= layerCount {
        throw ModelError(
          .unknownHook, "\(hook.name): expected a layer of 0…\(layerCount - 1), found \(layer)")
      }
      throw ModelError(
        .unknownHook,
        "\(hook.name) cannot be read by this engine: "
          + (refused[hook] ?? "it does not list it among the model's hooks"))
    }
  }

  /// Every hook that can be read, in the order of computing.
  package var allHooks: [HookPoint] {
    switch hooks {
    case .own(let model):
      ([.embedding] + (0..<layerCount).flatMap(HookPoint.inLayer) + [.finalNormalised])
        .filter { (try? model.validate($0)) != nil }
    case .listed(let widths, _, _): widths.keys.sorted()
    }
  }

  /// Whether rows at `hook` can be resumed.
  package func canStart(at hook: HookPoint) -> Bool {
    switch hooks {
    case .own(let model):
      switch hook {
      case .embedding, .residualPre, .residualMid, .residualPost:
        (try? model.validate(hook)) != nil
      case .heads, .attentionOut, .feedForwardOut, .finalNormalised: false
      }
    case .listed(_, _, let starts): starts.contains(hook)
    }
  }
}
