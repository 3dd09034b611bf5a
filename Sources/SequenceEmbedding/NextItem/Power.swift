#if canImport(Glibc)
    private import Glibc
#else
    private import Darwin
#endif

extension NextItemPrior {
    static func power(_ base: Float, _ exponent: Float) -> Float { powf(base, exponent) }
}
