// Where the page begins.
import "./style/base.css";
import "./style/frame.css";
import "./style/controls.css";
import "./style/marks.css";
import "./style/lists.css";
import "./style/run.css";
import "./style/chart.css";
import "./style/experiment.css";
import "./style/map.css";
import "./style/forms.css";
import "./style/tree.css";
import "./style/narrow.css";
import { render } from "preact";
import { App } from "./app";

const root = document.getElementById("page");
if (root) render(<App />, root);
