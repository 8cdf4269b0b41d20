/// How the numbers of a GGUF tensor are stored, for the types read here.
///
/// The raw values are those of the file format. Blocks of `blockElementCount` consecutive
/// elements of a row are packed into `blockByteCount` bytes.
package enum GGUFTensorType: UInt32, Sendable, Hashable, CaseIterable {
  case f32 = 0
  case f16 = 1
  case q40 = 2
  case q41 = 3
  case q50 = 6
  case q51 = 7
  case q80 = 8
  case q81 = 9
  case q2K = 10
  case q3K = 11
  case q4K = 12
  case q5K = 13
  case q6K = 14
  case q8K = 15
  case iq2XXS = 16
  case iq2XS = 17
  case iq3XXS = 18
  case iq1S = 19
  case iq4NL = 20
  case iq3S = 21
  case iq2S = 22
  case iq4XS = 23
  case i8 = 24
  case i16 = 25
  case i32 = 26
  case i64 = 27
  case f64 = 28
  case iq1M = 29
  case bf16 = 30
  case tq1 = 34
  case tq2 = 35
  case mxfp4 = 39
  case nvfp4 = 40

  /// The name that llama.cpp prints.
  package var name: String {
    switch self {
    case .f32: "F32"
    case .f16: "F16"
    case .q40: "Q4_0"
    case .q41: "Q4_1"
    case .q50: "Q5_0"
    case .q51: "Q5_1"
    case .q80: "Q8_0"
    case .q81: "Q8_1"
    case .q2K: "Q2_K"
    case .q3K: "Q3_K"
    case .q4K: "Q4_K"
    case .q5K: "Q5_K"
    case .q6K: "Q6_K"
    case .q8K: "Q8_K"
    case .iq2XXS: "IQ2_XXS"
    case .iq2XS: "IQ2_XS"
    case .iq3XXS: "IQ3_XXS"
    case .iq1S: "IQ1_S"
    case .iq4NL: "IQ4_NL"
    case .iq3S: "IQ3_S"
    case .iq2S: "IQ2_S"
    case .iq4XS: "IQ4_XS"
    case .i8: "I8"
    case .i16: "I16"
    case .i32: "I32"
    case .i64: "I64"
    case .f64: "F64"
    case .iq1M: "IQ1_M"
    case .bf16: "BF16"
    case .tq1: "TQ1_0"
    case .tq2: "TQ2_0"
    case .mxfp4: "MXFP4"
    case .nvfp4: "NVFP4"
    }
  }

  package var blockElementCount: Int {
    switch self {
    case .f64, .f32, .f16, .bf16, .i8, .i16, .i32, .i64: 1
    case .q40, .q41, .q50, .q51, .q80, .q81, .iq4NL, .mxfp4: 32
    case .nvfp4: 64
    default: 256
    }
  }

  package var blockByteCount: Int {
    switch self {
    case .f32: 4
    case .f16: 2
    case .q40: 2 + 16
    case .q41: 2 + 2 + 16
    case .q50: 2 + 4 + 16
    case .q51: 2 + 2 + 4 + 16
    case .q80: 2 + 32
    case .q81: 2 + 2 + 32
    case .q2K: 16 + 64 + 2 + 2
    case .q3K: 32 + 64 + 12 + 2
    case .q4K: 2 + 2 + 12 + 128
    case .q5K: 2 + 2 + 12 + 32 + 128
    case .q6K: 128 + 64 + 16 + 2
    case .q8K: 4 + 256 + 32
    case .iq2XXS: 2 + 64
    case .iq2XS: 2 + 64 + 8
    case .iq3XXS: 2 + 64 + 32
    case .iq1S: 2 + 32 + 16
    case .iq4NL: 2 + 16
    case .iq3S: 2 + 64 + 8 + 32 + 4
    case .iq2S: 2 + 32 + 32 + 8 + 8
    case .iq4XS: 2 + 2 + 4 + 128
    case .i8: 1
    case .i16: 2
    case .i32: 4
    case .i64: 8
    case .f64: 8
    case .iq1M: 32 + 16 + 8
    case .bf16: 2
    case .tq1: 48 + 4 + 2
    case .tq2: 64 + 2
    case .mxfp4: 1 + 16
    case .nvfp4: 4 + 32
    }
  }

  /// The names of the types read here, for messages.
  static var known: String { allCases.map(\.name).joined(separator: ", ") }

  /// The name of a type by its number, where it is one that files have had and that is not read.
  static func unreadName(_ code: UInt32) -> String {
    let names: [UInt32: String] = [
      4: "Q4_2", 5: "Q4_3", 31: "Q4_0_4_4", 32: "Q4_0_4_8", 33: "Q4_0_8_8",
      36: "IQ4_NL_4_4", 37: "IQ4_NL_4_8", 38: "IQ4_NL_8_8", 41: "Q1_0",
    ]
    return names[code] ?? "type \(code)"
  }
}
