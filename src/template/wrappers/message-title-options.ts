/** The titles of the formats in which a line of text tells who speaks. */
export interface MessageTitleOptions {
  /** Default: `"Human"` (general), `"Instruction"` (Alpaca), `"User"` (Falcon). */
  userMessageTitle?: string;
  /** Default: `"Assistant"`, `"Response"` (Alpaca). */
  modelResponseTitle?: string;
  /** Before system messages that are not the first message. Default `"System"`. */
  middleSystemMessageTitle?: string;
  /** Special tokens written in a title count as special. Default `false`. */
  allowSpecialTokensInTitles?: boolean;
}
