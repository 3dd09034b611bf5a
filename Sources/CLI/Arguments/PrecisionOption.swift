public import ArgumentParser
internal import Glibc
public import SequenceEmbedding

/// `--precision` of the commands that embed.
struct PrecisionOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Precision of the wide products: float32, or bfloat16, up to twice as fast and accurate to 1 % of an embedding's length; a model narrower than 32, as `tiny` is, stays in float32. Needs a processor with AVX-512 BF16.",
            valueName: "name"))
    var precision = SessionEmbedder.Precision.float32

    /// The precision, if this processor has it.
    func chosen() throws -> SessionEmbedder.Precision {
        guard precision.isSupported else {
            throw CommandFault(
                code: EX_UNAVAILABLE, place: "--precision \(precision.rawValue)", reason: "this processor has no AVX-512 BF16",
                remedy: "leave the option out")
        }
        return precision
    }
}

extension SessionEmbedder.Precision: ExpressibleByArgument {}
