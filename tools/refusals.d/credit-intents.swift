// A credit model reaches for browsing intents: what CreditRisk may import, by the manifest, does not hold them.
//
// inside: CreditRisk
// refused: no such module 'IntentTaxonomy'
import CreditRisk

#if REFUSED
    import IntentTaxonomy
#endif

func outcome(_ card: CreditScorecard) -> String { card.card.outcome }
