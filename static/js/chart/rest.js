// The acts of panels, strips and tools, which a chart that is only looked at does without.
import { decisionActs } from "./decisions.js";
import { fillingActs } from "./filling.js";
import { guideActs } from "./guidepanel.js";
import { leavingActs } from "./leaving.js";
import { menuActs } from "./menu.js";
import { movingActs } from "./moves.js";
import { pastActs } from "./past.js";
import { planActs } from "./plans.js";
import { reactionActs } from "./reaction.js";
import { selectionActs } from "./selecting.js";
import { vialActs } from "./vials.js";

export const restActs = [decisionActs, fillingActs, guideActs, leavingActs, menuActs, movingActs, pastActs, planActs, reactionActs, selectionActs, vialActs];
