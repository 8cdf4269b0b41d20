import Foundation

/// Rotary position embedding over the first `dimension` components of a head, paired as halves:
/// component i turns with component i + dimension/2.
package struct RotaryEmbedding: Equatable, Sendable {
  package enum Scaling: Equatable, Sendable {
    case none
    /// Positions divided by a factor.
    case linear(factor: Float)
    /// Low frequencies divided by a factor, high ones kept, those between interpolated (Llama 3.1).
    case llama3(factor: Float, lowFactor: Float, highFactor: Float, originalContext: Float)
    /// Each frequency divided by its own factor, as some GGUF files list them.
    case factors([Float])
  }

  /// What the frequencies are rounded to before use.
  ///
  /// Float32 is what the transformers library uses for a model that it loads, whatever type the
  /// weights are stored in. A module that was cast to half precision as a whole (`model.half()`)
  /// has had its frequencies rounded too, and keeps the rounded ones when cast back; the others
  /// reproduce that, where it is asked for. A frequency rounded to bfloat16 is off by up to 1 part in
  /// 500, which shows within a few hundred positions.
  package enum Precision: String, Sendable {
    case float32, bfloat16, float16

    /// As a record spells it; float32 where there is none.
    ///
    /// - Throws: `ModelError.unsupported`, naming another spelling.
    package init(recorded name: String?) throws {
      guard let precision = Precision(rawValue: name ?? "float32") else {
        throw ModelError(
          .unsupported,
          "rotary frequencies in \(ModelError.printable(name ?? "")) are not implemented; expected "
            + "float32, bfloat16 or float16")
      }
      self = precision
    }
  }

  package var dimension: Int
  package var base: Float
  package var scaling: Scaling = .none
  package var precision: Precision = .float32
  /// Whether it is what `rope_parameters` says, which transformers before version 5 passes over, and
  /// those versions would take another.
  package var isOfNewSettings = false

  func validate(headSize: Int) throws {
    guard dimension > 0, dimension <= headSize, dimension % 2 == 0 else {
      throw ModelError(
        .malformedConfiguration,
        "expected an even rotary dimension of 2…\(headSize), found \(dimension)")
    }
    let isSound =
      switch scaling {
      case .none: true
      case .linear(let factor): factor > 0 && factor.isFinite
      case .llama3(let factor, let low, let high, let context):
        factor > 0 && factor.isFinite && high > low && low > 0 && context > 0
      case .factors(let factors):
        factors.count == dimension / 2 && factors.allSatisfy { $0 > 0 && $0.isFinite }
      }
    guard base > 0, base.isFinite, isSound else {
      throw ModelError(
        .malformedConfiguration,
        "the rotary embedding of base \(base) with scaling \(scaling) makes no sense")
    }
  }

  /// The angle that one position adds to each pair, in radians: `[dimension / 2]`.
  ///
  /// Every step is rounded to float32, as in the transformers library; at long distances the
  /// rounding of a frequency shows.
  var frequencies: [Float] {
    unrounded.map { frequency in
      switch precision {
      case .float32: frequency
      case .float16: Float(Float16(frequency))
      case .bfloat16:
        // To the nearest, ties to the even one.
        Float(
          bitPattern: (frequency.bitPattern + 0x7fff + (frequency.bitPattern >> 16 & 1))
            & 0xffff_0000)
      }
    }
  }

  private var unrounded: [Float] {
    (0..<dimension / 2).map { pair in
      let frequency = 1 / powf(base, Float(2 * pair) / Float(dimension))
      switch scaling {
      case .none: return frequency
      case .linear(let factor): return frequency / factor
      case .factors(let factors): return frequency / factors[pair]
      case .llama3(let factor, let low, let high, let context):
        let wavelength = 2 * Float.pi / frequency
        if wavelength > context / low { return frequency / factor }
        if wavelength < context / high { return frequency }
        let smooth = (context / wavelength - low) / (high - low)
        return (1 - smooth) * frequency / factor + smooth * frequency
      }
    }
  }

  /// Cosines then sines of every pair's angle at `position`: `[dimension]`.
  static func turns(
    at position: Int, _ frequencies: [Float], into table: UnsafeMutablePointer<Float>
  ) {
    for (pair, frequency) in frequencies.enumerated() {
      let angle = Float(position) * frequency
      table[pair] = cosf(angle)
      table[frequencies.count + pair] = sinf(angle)
    }
  }
}
